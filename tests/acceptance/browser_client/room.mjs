/**
 * One room with history, its pages and its tokens, on one port: `node room.mjs PORT STATIC`.
 *
 * It speaks the wire protocol as far as the pages need it, and says its address on stdout. The test
 * asks and tells it things under `/room`.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { Connection, acceptance } from "../../client/server.mjs";

const [port, files] = process.argv.slice(2);
const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const EPOCH = `${Date.now()}`;
const ROOM = "room-7";

const log = [];
const sockets = new Set();
const tokens = new Set();
const refusals = [];
const unanswered = new Set();
let handshakes = 0;
let hellos = 0;

const position = () => [EPOCH, log.length, log.at(-1)?.tag ?? ""];

function publish(data) {
  const message = { data, seq: log.length + 1, tag: `tag-${log.length + 1}` };
  log.push(message);
  for (const socket of sockets) {
    if (socket.isIn) socket.send({ ws: "message", channel: ROOM, ...message });
  }
}

function subscribe(socket, channels) {
  const answers = {};
  for (const [name, since] of Object.entries(channels)) {
    socket.isIn = true;
    answers[name] = { ok: true, position: position() };
    if (since?.[0] === EPOCH) {
      const messages = log.slice(since[1]);
      if (messages.length) socket.send({ ws: "messages", channel: name, messages });
    } else if (since) socket.send({ ws: "reset", channel: name, position: position() });
  }
  return { channels: answers };
}

const actions = {
  hello(socket, { channels }) {
    hellos += 1;
    return subscribe(socket, channels);
  },
  subscribe: (socket, { channels }) => subscribe(socket, channels),
  unsubscribe(socket) {
    socket.isIn = false;
    return {};
  },
  publish(socket, { data }) {
    publish(data);
    return { position: position() };
  },
  /** Nobody answers the first time. */
  later(socket, { id, text }) {
    if (unanswered.has(id)) return { data: `${text} again` };
    unanswered.add(id);
    return undefined;
  },
  shout: (socket, { text }) => ({ data: text.toUpperCase() }),
};

const html = readFileSync(join(here, "page.html"), "utf8");

function page(name) {
  const options = {
    url: `ws://127.0.0.1:${server.address().port}/production`,
    tokenUrl: "/ws/token/",
    channels: { [ROOM]: null },
    shared: name === "shared",
  };
  return html.replace("OPTIONS", JSON.stringify(options));
}

/** What the test asks for, or has done. */
const orders = {
  "/room/state": () => ({
    open: sockets.size,
    handshakes,
    hellos,
    refusals,
    unanswered: unanswered.size,
  }),
  "/room/cut": () => sockets.forEach((socket) => socket.cut()),
  "/room/end": () =>
    sockets.forEach((socket) => {
      socket.send({ ws: "advice", reconnect: false, reason: "session ended" });
      socket.close(1000);
    }),
};

function content(path) {
  if (path.startsWith("/static/")) {
    return ["text/javascript", readFileSync(join(files, path.slice("/static/".length)))];
  }
  if (path === "/page.js") return ["text/javascript", readFileSync(join(here, "page.js"))];
  if (path === "/elsewhere") return ["text/html", "<!doctype html><title>Elsewhere</title>"];
  if (path === "/favicon.ico") return ["image/x-icon", ""];
  return ["text/html", page(path.slice(1))];
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://room");
  if (pathname.startsWith("/room/")) {
    const text = searchParams.get("text");
    response.end(JSON.stringify(text === null ? (orders[pathname]() ?? {}) : publish(text)));
    return;
  }
  if (pathname === "/ws/token/") {
    const token = `token-${tokens.size + 1}`;
    tokens.add(token);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ token }));
    return;
  }
  const [type, body] = content(pathname);
  const script = pathname === "/nonce" ? "; script-src 'nonce-n0nce'" : "";
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Security-Policy", `default-src 'self'${script}`);
  response.end(body);
});

const spent = new Set();

server.on("upgrade", (request, stream) => {
  handshakes += 1;
  const token = new URL(request.url, "http://room").searchParams.get("ws_token");
  if (!tokens.has(token) || spent.has(token)) {
    refusals.push(token);
    stream.end("HTTP/1.1 400 Refused\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  spent.add(token);
  stream.write(acceptance(request));
  const socket = new Connection(request, stream);
  sockets.add(socket);
  stream.on("close", () => sockets.delete(socket));
  socket.onFrame = (frame) => {
    const answer = actions[frame.action](socket, frame);
    if (answer) socket.reply(frame, answer);
  };
});

server.listen(Number(port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
