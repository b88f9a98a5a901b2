/** The socket on this package: at API Gateway, kept open by the package's browser client. */

import { connect as open } from "../django_aws_api_gateway_websockets/websockets.js";

const AGAIN_MS = 2_000;
/** Reasons for having no connection that say nothing about this user's rights. */
const AWAY = new Set(["", "hidden", "suspended"]);
const STATES = { connecting: "connecting", open: "connected" };

const { content: socketUrl, dataset } = document.querySelector("meta[name=socket]");

/**
 * Stay connected in a channel: "home", or the UUID of a group.
 *
 * `page` hears `onState(name)` ("connecting", "connected" or "waiting"), `onOpen()`,
 * `onFrame(frame)` and `onLost()`, which gives the page as Django shows it, or null. Gives
 * `send(frame)`, `isOpen` and `stop()`.
 */
export function connect(channel, page) {
  const url = new URL(socketUrl);
  url.searchParams.set("channel", channel);
  const { tokenUrl, csrfCookie } = dataset;
  const options = { url: url.href, tokenUrl, csrfCookie, selectionKey: "type", grace: 0 };
  const socket = open(options);
  let isStopped = false;

  function told({ state, reason }) {
    if (isStopped) return;
    page.onState(STATES[state] ?? "waiting");
    if (state === "open") page.onOpen();
    else if (state === "stopped") ask();
    else if (state !== "connecting" && !AWAY.has(reason)) page.onLost();
  }

  /**
   * Django has ended the connection: open another if Django shows the user this page all the same.
   * Connections are closed a moment before a logout is done, so the first answer may come too early.
   */
  async function ask(wasShown = false) {
    const isShown = await page.onLost();
    if (isStopped) return;
    if (isShown && wasShown) socket.connect();
    else setTimeout(() => isStopped || ask(isShown), AGAIN_MS);
  }

  socket.on("status", told);
  socket.on("message", page.onFrame);
  // The address puts the socket into the channel; the client tells when the server takes it out.
  const room = socket.channel(channel);
  for (const end of ["unsubscribed", "error"]) room.on(end, () => socket.close());

  return {
    get isOpen() {
      return socket.status.state === "open";
    },
    /** Send a frame now, or as soon as there is a connection; false when it cannot be kept either. */
    send(frame) {
      try {
        socket.send(frame);
      } catch {
        return false;
      }
      return true;
    },
    /** Close the connection and open no other. */
    stop() {
      isStopped = true;
      socket.close();
    },
  };
}
