/** Lets the browser client be judged: `node adapter.mjs ws://…/control`. README.md has the words. */

// The pauses of the client are long for a test; here a second takes a twentieth of one.
const SPEED = 20;

const { connect } = await import(process.env.CLIENT ?? "../../../client/src/index.js");

const clock = { setTimeout: (call, ms) => setTimeout(call, ms / SPEED) };
const control = new WebSocket(process.argv[2]);
const tell = (...words) => control.send(JSON.stringify(words));
let socket;
let channels;

function listen(name) {
  if (channels.has(name)) return;
  const channel = socket.channel(name);
  channels.set(name, channel);
  channel.on("subscribed", () => tell("subscribed", name));
  channel.on("message", (data) => tell("message", name, data));
  channel.on("joined", ({ id }) => tell("joined", name, id));
  channel.on("left", ({ id }) => tell("left", name, id));
  channel.on("reset", (position) => tell("reset", name, position));
  channel.on("unsubscribed", (reason) => tell("unsubscribed", name, reason));
  channel.on("error", ({ code }) => tell("refused", name, code));
}

const settle = (mark, promise) =>
  promise.then(
    (value) => tell("resolved", mark, value),
    ({ code }) => tell("rejected", mark, code),
  );

const verbs = {
  open({ url, channels: names }) {
    channels = new Map();
    socket = connect({ url, channels: names, clock });
    Object.keys(names).forEach(listen);
    socket.on("status", ({ state, reason }) => tell("status", state, reason));
    socket.on("message", (frame) => tell("frame", frame));
  },
  channel: listen,
  leave: (name) => channels.get(name).leave(),
  publish: (mark, name, data) => settle(mark, socket.channel(name).publish(data)),
  request: (mark, name, data, options) => settle(mark, socket.request(name, data, options)),
  close() {
    socket?.close();
    socket = undefined;
    tell("closed");
  },
  end: () => control.close(),
};

control.onmessage = ({ data }) => {
  const [verb, ...words] = JSON.parse(data);
  verbs[verb](...words);
};
control.onclose = () => process.exit();
