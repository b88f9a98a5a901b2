/** A page, a clock and a server, with the client between them. */

import { Server } from "./server.mjs";
import { HandMovedClock, turn, until } from "./waiting.mjs";

// The modules themselves, or the file that is made out of them.
const { connect } = await import(process.env.CLIENT ?? "../../client/src/index.js");

/** What a client sees of the browser. */
export class Page extends EventTarget {
  document = Object.assign(new EventTarget(), {
    visibilityState: "visible",
    cookie: "other=1; csrftoken=c5rf",
  });
  location = { href: "http://127.0.0.1/" };

  constructor(locks) {
    super();
    this.navigator = { onLine: true, locks };
  }

  dispatch(type, members = {}) {
    this.dispatchEvent(Object.assign(new Event(type), members));
  }

  show(visibilityState) {
    this.document.visibilityState = visibilityState;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }
}

/** Everything a test needs; all of it ends with the test. */
export async function setUp(test) {
  const server = await Server.start();
  const clock = new HandMovedClock();
  const sockets = [];
  test.after(() => {
    for (const socket of sockets) socket.close();
    server.stop();
  });

  /** Open a client; `socket.statuses` has what it has told. */
  function visit(options = {}, page = new Page()) {
    const { url, tokenUrl } = server;
    const socket = connect({ url, tokenUrl, clock, page, ...options });
    sockets.push(socket);
    socket.statuses = [];
    socket.on("status", (status) => socket.statuses.push(status));
    socket.page = page;
    return socket;
  }

  /** Open a client that is in these channels; answers are by name. */
  async function visitChannels(answers, options = {}) {
    const channels = Object.fromEntries(Object.keys(answers).map((name) => [name, null]));
    const socket = visit({ channels, ...options });
    const connection = await server.connection();
    await connection.hello(answers);
    await isOpen(socket);
    return { socket, connection };
  }

  return { server, clock, visit, visitChannels };
}

export const isOpen = (socket) => until(() => socket.status.state === "open");
export const isIn = (socket, state) => until(() => socket.status.state === state);

/** Everything the events of this type have told, as it comes. */
export function record(emitter, ...types) {
  const told = [];
  for (const type of types) {
    emitter.on(type, (detail) => told.push(types.length > 1 ? [type, detail] : detail));
  }
  return told;
}

/** Wait until a frame has gone there and back, and with it all that was sent before it. */
export async function settled(socket, connection) {
  const probe = { probe: Math.random() };
  let isBack = false;
  const end = socket.on("message", (frame) => (isBack ||= frame?.probe === probe.probe));
  connection.send(probe);
  await until(() => isBack);
  end();
  await turn();
}
