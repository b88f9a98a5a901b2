import { socket } from "../django_aws_api_gateway_websockets/websockets.js";

/** Subscribe to a channel and give `bind` and `trigger`, as pages of such services know them. */
export function subscribe(name) {
  const channel = socket.channel(name);
  return {
    bind(event, listener) {
      channel.on("message", (sent) => sent.event === event && listener(sent.data));
    },
    trigger: (event, data) => channel.publish({ event, data }),
    onMembers: (listener) => channel.on("presence", ({ members }) => listener(members)),
    unsubscribe: () => channel.leave(),
  };
}

export function onState(listener) {
  socket.on("status", ({ state }) => listener(state));
}
