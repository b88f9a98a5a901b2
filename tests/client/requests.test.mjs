/** What the page sends: requests and their replies, and the queue while there is no connection. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isIn, isOpen, record, setUp, settled } from "./visitor.mjs";
import { turn } from "./waiting.mjs";

const SECOND = 1_000;
const ROOM = { "room-7": { ok: true, position: null } };

async function isConnected(t) {
  const stage = await setUp(t);
  return { ...stage, ...(await stage.visitChannels(ROOM)) };
}

const codeOf = (promise) => promise.then(() => "resolved", (error) => error.code);

async function loses({ clock, connection, server, socket }) {
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  return server.connection();
}

test("a request resolves with what its handler returns", async (t) => {
  const { connection, socket } = await isConnected(t);
  const answers = ["a", { b: 1 }, null].map((data) => [socket.request("save", { title: "x" }), data]);
  const frames = [];
  for (const [, data] of answers) {
    frames.push(await connection.next());
    connection.reply(frames.at(-1), { data });
  }

  assert.deepEqual(frames[0], { action: "save", id: frames[0].id, title: "x" });
  assert.equal(new Set(frames.map(({ id }) => id)).size, 3);
  assert.deepEqual(await Promise.all(answers.map(([reply]) => reply)), ["a", { b: 1 }, null]);
});

test("a request rejects with the server's error", async (t) => {
  const { connection, socket } = await isConnected(t);
  const saved = socket.request("save");
  connection.refuse(await connection.next(), "handler_failed");

  await assert.rejects(saved, { name: "Error", code: "handler_failed", message: "handler_failed." });
});

test("a channel publishes by itself, and learns its position", async (t) => {
  const { connection, socket } = await isConnected(t);
  const published = socket.channel("room-7").publish({ text: "hello" });
  const frame = await connection.next();
  connection.reply(frame, { position: ["epoch", 1, "tag-1"] });

  assert.deepEqual(frame, {
    action: "publish",
    id: frame.id,
    channel: "room-7",
    data: { text: "hello" },
  });
  assert.deepEqual(await published, { position: ["epoch", 1, "tag-1"] });
});

test("a request without a reply ends after thirty-five seconds", async (t) => {
  const { clock, connection, socket } = await isConnected(t);
  const code = codeOf(socket.request("save"));
  await connection.next();
  await clock.advance(35 * SECOND);

  assert.equal(await code, "timeout");
});

test("what is sent without a connection goes out after the hello's reply, in order", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit();
  socket.send({ action: "wave" });
  const saved = socket.request("save");
  const connection = await server.connection();
  const hello = await connection.next();
  await turn();
  assert.deepEqual(connection.frames, []);
  connection.reply(hello);

  assert.deepEqual(await connection.next(), { action: "wave" });
  connection.reply(await connection.next(), { data: 1 });
  assert.equal(await saved, 1);
});

test("the queue has room for a hundred, and tells when it is full", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit();
  const full = record(socket, "full");
  for (let number = 0; number < 100; number += 1) socket.send({ action: "wave", number });
  assert.throws(() => socket.send({ action: "wave", number: 100 }), { code: "queue_full" });
  assert.equal(await codeOf(socket.request("save")), "queue_full");
  const connection = await server.connection();
  await connection.hello();
  await isOpen(socket);
  await settled(socket, connection);

  assert.deepEqual(
    full.map(({ action }) => action),
    ["wave", "save"],
  );
  for (let number = 0; number < 100; number += 1) {
    assert.equal((await connection.next()).number, number);
  }
});

test("a request under way when the connection is lost may have been done, and is rejected", async (t) => {
  const stage = await isConnected(t);
  const code = codeOf(stage.socket.request("save"));
  await stage.connection.next();
  const second = await loses(stage);
  await second.hello(ROOM);
  await settled(stage.socket, second);

  assert.equal(await code, "not_connected");
  assert.deepEqual(second.frames, []);
});

test("a request that is done once is sent again with its number, by the same client", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const socket = visit();
  const saved = socket.request("save", { title: "x" }, { once: true });
  const connection = await server.connection();
  const hello = await connection.hello();
  const request = await connection.next();
  const second = await loses({ clock, connection, server, socket });
  const again = await second.hello();
  const repeated = await second.next();
  second.reply(repeated, { data: "saved" });

  assert.deepEqual(request, { action: "save", id: request.id, title: "x", once: true });
  assert.deepEqual(repeated, request);
  assert.equal(again.client, hello.client);
  assert.equal(await saved, "saved");
});

test("who is told to stay away learns that nothing was sent", async (t) => {
  const { server, visit } = await setUp(t);
  server.tokenResponse = () => [401, ""];
  const socket = visit();

  assert.equal(await codeOf(socket.request("save")), "not_connected");
  assert.equal(socket.status.state, "stopped");
});

test("who is to stay away is told at once that nothing can be sent", async (t) => {
  const { server, socket } = await isConnected(t);
  socket.close();

  assert.equal(await codeOf(socket.request("save")), "not_connected");
  assert.throws(() => socket.send({ action: "wave" }), { code: "not_connected" });
  socket.connect();
  socket.send({ action: "wave" });
  const second = await server.connection();
  await second.hello(ROOM);
  assert.deepEqual(await second.next(), { action: "wave" });
});

test("a frame API Gateway would close the connection for is not sent", async (t) => {
  const { connection, socket } = await isConnected(t);
  assert.equal(await codeOf(socket.request("save", { text: "é".repeat(17_000) })), "too_large");
  assert.throws(() => socket.send({ text: "x".repeat(33_000) }), { code: "too_large" });
  socket.send({ text: "x".repeat(32_000) });

  assert.equal((await connection.next()).text.length, 32_000);
});

test("a reply nobody waits for is ignored", async (t) => {
  const { connection, socket } = await isConnected(t);
  connection.reply({ id: "none of ours" });
  await settled(socket, connection);

  assert.equal(socket.status.state, "open");
});
