/** A server to play the other side: tokens over HTTP, and real sockets whose frames a test sends. */

import { createHash } from "node:crypto";
import { createServer } from "node:http";

import { until } from "./waiting.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;

/** One open socket, as RFC 6455 has it and no more than the client needs. */
export class Connection {
  frames = [];
  /** What is done with a frame; a test takes them one by one. */
  onFrame = (frame) => this.frames.push(frame);
  isOpen = true;
  closeCode;
  #buffer = Buffer.alloc(0);

  constructor(request, stream) {
    this.request = request;
    this.url = new URL(request.url, "ws://server");
    this.stream = stream;
    stream.on("data", (data) => this.#receive(data));
    stream.on("close", () => (this.isOpen = false));
    stream.on("error", () => (this.isOpen = false));
  }

  /** The next frame of the client; `position` is what hello frames ask for. */
  async next() {
    await until(() => this.frames.length);
    return this.frames.shift();
  }

  /** The client's first frame, answered. */
  async hello(channels = {}) {
    const frame = await this.next();
    this.reply(frame, { channels });
    return frame;
  }

  send(frame) {
    this.sendText(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  sendText(text) {
    if (this.isOpen) this.stream.write(pack(TEXT, Buffer.from(text)));
  }

  reply({ id }, members = {}) {
    this.send({ ws: "reply", id, ok: true, ...members });
  }

  refuse({ id }, code) {
    this.send({ ws: "reply", id, ok: false, error: { code, message: `${code}.` } });
  }

  /** Send messages of a channel with history, by number. */
  messages(channel, ...numbers) {
    for (const seq of numbers) this.send({ ws: "message", channel, ...numbered(seq) });
  }

  close(code) {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.stream.end(pack(CLOSE, payload));
  }

  /** End without a close frame. */
  cut() {
    this.stream.destroy();
  }

  #receive(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const frame = unpack(this.#buffer);
      if (!frame) return;
      this.#buffer = this.#buffer.subarray(frame.length);
      if (frame.opcode === TEXT) this.onFrame(JSON.parse(frame.payload.toString()));
      if (frame.opcode === CLOSE) {
        this.closeCode = frame.payload.length ? frame.payload.readUInt16BE() : 1005;
        this.isOpen = false;
        this.stream.end(pack(CLOSE, frame.payload));
      }
    }
  }
}

/** The response that opens a socket. */
export function acceptance(request) {
  const key = request.headers["sec-websocket-key"] + GUID;
  const accept = createHash("sha1").update(key).digest("base64");
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
  );
}

export const numbered = (seq) => ({ seq, tag: `tag-${seq}`, data: `message ${seq}` });

function pack(opcode, payload) {
  const isLong = payload.length > 125;
  const head = Buffer.alloc(isLong ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = isLong ? 126 : payload.length;
  if (isLong) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

function unpack(buffer) {
  if (buffer.length < 2) return undefined;
  const isLong = (buffer[1] & 0x7f) === 126;
  const start = isLong ? 8 : 6;
  if (buffer.length < start) return undefined;
  const size = isLong ? buffer.readUInt16BE(2) : buffer[1] & 0x7f;
  if (buffer.length < start + size) return undefined;
  const mask = buffer.subarray(start - 4, start);
  const payload = Buffer.from(buffer.subarray(start, start + size));
  for (let index = 0; index < size; index += 1) payload[index] ^= mask[index % 4];
  return { opcode: buffer[0] & 0x0f, payload, length: start + size };
}

export class Server {
  connections = [];
  /** What token requests said: `{headers, body}`. */
  tokenRequests = [];
  /** `(number) => [status, text]` in place of a token. */
  tokenResponse = (number) => [200, JSON.stringify({ token: `token-${number}` })];
  handshakes = 0;
  /** `(url) => status` in place of a socket. */
  refusal = () => undefined;
  /** Tokens and handshakes stay without an answer. */
  isSilent = false;
  #http = createServer((request, response) => this.#respond(request, response));
  #taken = 0;

  static async start() {
    const server = new Server();
    server.#http.on("upgrade", (request, stream) => server.#upgrade(request, stream));
    await new Promise((resolve) => server.#http.listen(server.port ?? 0, "127.0.0.1", resolve));
    const { port } = server.#http.address();
    server.url = `ws://127.0.0.1:${port}/production`;
    server.tokenUrl = `http://127.0.0.1:${port}/ws/token/`;
    return server;
  }

  /** The next socket that opens. */
  async connection() {
    await until(() => this.connections.length > this.#taken);
    this.#taken += 1;
    return this.connections[this.#taken - 1];
  }

  /** How many sockets are open. */
  get open() {
    return this.connections.filter((connection) => connection.isOpen).length;
  }

  stop() {
    for (const connection of this.connections) connection.cut();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #respond(request, response) {
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", () => {
      this.tokenRequests.push({ headers: request.headers, body, method: request.method });
      if (this.isSilent) return;
      const [status, text] = this.tokenResponse(this.tokenRequests.length);
      response.writeHead(status, { Connection: "close" });
      response.end(text);
    });
  }

  #upgrade(request, stream) {
    this.handshakes += 1;
    const connection = new Connection(request, stream);
    const status = this.refusal(connection.url);
    if (status) {
      stream.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    if (this.isSilent) return;
    stream.write(acceptance(request));
    this.connections.push(connection);
  }
}
