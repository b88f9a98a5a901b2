/** Channels with history: in order, each once, and nothing missed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isIn, isOpen, record, setUp, settled } from "./visitor.mjs";

const SECOND = 1_000;

const at = (seq) => ["epoch", seq, `tag-${seq}`];
const accepted = (seq) => ({ log: { ok: true, position: at(seq) } });
const texts = (...numbers) => numbers.map((seq) => `message ${seq}`);

async function isReading(t, seq = 0) {
  const stage = await setUp(t);
  const visit = await stage.visitChannels(accepted(seq));
  const log = visit.socket.channel("log");
  // The server takes one resume a second, and the hello is one.
  await stage.clock.advance(2 * SECOND);
  return { ...stage, ...visit, log, heard: record(log, "message") };
}

test("messages are heard in order, and a copy is not heard", async (t) => {
  const { connection, heard, log, socket } = await isReading(t);
  connection.messages("log", 2, 1, 1, 3, 2);
  connection.send({ ws: "messages", channel: "log", messages: [{ seq: 4, tag: "tag-4", data: "4" }] });
  await settled(socket, connection);

  assert.deepEqual(heard, [...texts(1, 2, 3), "4"]);
  assert.deepEqual(log.position, at(4));
});

test("what comes before the reply is held, and heard from the position on", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { log: null } });
  const heard = record(socket.channel("log"), "message");
  const connection = await server.connection();
  connection.messages("log", 8, 7, 6);
  await connection.hello(accepted(6));
  await isOpen(socket);

  assert.deepEqual(heard, texts(7, 8));
});

test("a page begins at the position it was rendered at", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { log: at(5) } });
  const heard = record(socket.channel("log"), "message");
  const connection = await server.connection();
  const hello = await connection.hello(accepted(7));
  connection.messages("log", 6, 7, 8);
  await settled(socket, connection);

  assert.deepEqual(hello.channels, { log: at(5) });
  assert.deepEqual(heard, texts(6, 7, 8));
});

test("a hole holds back what follows, and is asked for after a moment", async (t) => {
  const { clock, connection, heard, socket } = await isReading(t);
  connection.messages("log", 1, 3, 4);
  await settled(socket, connection);
  assert.deepEqual(heard, texts(1));
  await clock.advance(0.4 * SECOND);
  assert.deepEqual(connection.frames, []);

  await clock.advance(0.1 * SECOND);
  const ask = await connection.next();
  assert.deepEqual([ask.action, ask.channels], ["subscribe", { log: at(1) }]);
  connection.reply(ask, { channels: accepted(4) });
  connection.messages("log", 2, 3, 4);
  await settled(socket, connection);
  assert.deepEqual(heard, texts(1, 2, 3, 4));
  await clock.advance(60 * SECOND);
  assert.deepEqual(connection.frames, []);
});

test("a hole right after the hello is asked for when a second is over", async (t) => {
  const { clock, server, visit } = await setUp(t);
  const socket = visit({ channels: { log: at(5) } });
  const connection = await server.connection();
  await connection.hello(accepted(7));
  await isOpen(socket);
  await clock.advance(SECOND);
  assert.deepEqual(connection.frames, []);
  await clock.advance(0.1 * SECOND);

  assert.deepEqual((await connection.next()).channels, { log: at(5) });
});

test("what fills a hole in time is not asked for", async (t) => {
  const { clock, connection, heard, socket } = await isReading(t);
  connection.messages("log", 2);
  await settled(socket, connection);
  await clock.advance(0.3 * SECOND);
  connection.messages("log", 1);
  await settled(socket, connection);
  await clock.advance(60 * SECOND);

  assert.deepEqual(heard, texts(1, 2));
  assert.deepEqual(connection.frames, []);
});

test("messages that stream in do not put off the question for a hole", async (t) => {
  const { clock, connection, socket } = await isReading(t);
  for (const seq of [2, 3, 4, 5, 6]) {
    connection.messages("log", seq);
    await settled(socket, connection);
    await clock.advance(0.1 * SECOND);
  }

  assert.equal((await connection.next()).action, "subscribe");
});

test("what comes slowly but surely is not asked for in between", async (t) => {
  const { clock, connection, heard, server, socket } = await isReading(t);
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  const second = await server.connection();
  await second.hello(accepted(20));
  for (let seq = 1; seq <= 20; seq += 1) {
    second.messages("log", seq);
    await settled(socket, second);
    await clock.advance(0.4 * SECOND);
  }

  assert.equal(heard.length, 20);
  assert.deepEqual(second.frames, []);
});

test("a hole that stays is asked for at most once a second, and then less and less", async (t) => {
  const { clock, connection, socket } = await isReading(t);
  connection.messages("log", 2);
  await settled(socket, connection);
  const asked = [];
  for (let tenths = 0; tenths < 300; tenths += 1) {
    await clock.advance(0.1 * SECOND);
    await settled(socket, connection);
    while (connection.frames.length) {
      asked.push(tenths / 10);
      connection.reply(await connection.next(), { channels: accepted(2) });
    }
  }

  const pauses = asked.slice(1).map((time, index) => time - asked[index]);
  assert.ok(pauses.every((pause) => pause >= 1), `${asked}`);
  assert.ok(asked.length < 6, `${asked}`);
});

test("a reply that tells of later messages makes the client ask for them", async (t) => {
  const { clock, connection, server, socket } = await isReading(t);
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  const second = await server.connection();
  await second.hello(accepted(3));
  second.messages("log", 1, 2);
  await settled(socket, second);
  await clock.advance(3 * SECOND);

  assert.deepEqual((await second.next()).channels, { log: at(2) });
});

test("there is a position before the first message has come", async (t) => {
  const { clock, connection, heard, server, socket } = await isReading(t);
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  const second = await server.connection();
  const hello = await second.hello(accepted(1));
  second.messages("log", 1);
  await settled(socket, second);

  assert.deepEqual(hello.channels, { log: at(0) });
  assert.deepEqual(heard, texts(1));
});

test("a quiet page that lives long goes on from where it was", async (t) => {
  const { clock, connection, heard, log, server, socket } = await isReading(t, 4);
  const resets = record(log, "reset");
  let last = connection;
  for (let days = 0; days < 3; days += 1) {
    socket.page.dispatch("pagehide");
    clock.sleep(24 * 3_600 * SECOND);
    socket.page.dispatch("pageshow");
    last = await server.connection();
    assert.deepEqual((await last.hello(accepted(4))).channels, { log: at(4) });
  }
  last.messages("log", 5);
  await settled(socket, last);

  assert.deepEqual([heard, resets], [texts(5), []]);
});

test("a second return without traffic replays nothing twice", async (t) => {
  const { connection, heard, server, socket } = await isReading(t);
  connection.messages("log", 1, 2);
  await settled(socket, connection);
  for (let times = 0; times < 2; times += 1) {
    socket.page.dispatch("pagehide");
    socket.page.dispatch("pageshow");
    const next = await server.connection();
    await next.hello(accepted(3));
    next.messages("log", 2, 3);
    await settled(socket, next);
  }

  assert.deepEqual(heard, texts(1, 2, 3));
});

test("an unnumbered message is heard and does not spoil the position", async (t) => {
  const { connection, heard, log, socket } = await isReading(t);
  connection.messages("log", 1);
  connection.send({ ws: "message", channel: "log", data: "typing" });
  connection.messages("log", 3);
  connection.send({ ws: "message", channel: "log", data: "typing again" });
  await settled(socket, connection);

  assert.deepEqual(heard, ["message 1", "typing", "typing again"]);
  assert.deepEqual(log.position, at(1));
});

test("the position outlasts any time without a connection", async (t) => {
  const { clock, connection, server, socket } = await isReading(t);
  connection.messages("log", 1);
  await settled(socket, connection);
  socket.page.show("hidden");
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(30 * 24 * 3_600 * SECOND);
  socket.page.show("visible");
  const second = await server.connection();

  assert.deepEqual((await second.next()).channels, { log: at(1) });
});

test("a reset is told, and messages go on after its position", async (t) => {
  const { connection, heard, log, socket } = await isReading(t, 50);
  const resets = record(log, "reset");
  connection.messages("log", 51);
  connection.send({ ws: "reset", channel: "log", position: ["restored", 30, "tag-30"] });
  connection.messages("log", 31);
  await settled(socket, connection);

  assert.deepEqual(resets, [["restored", 30, "tag-30"]]);
  assert.deepEqual(heard, texts(51, 31));
  assert.deepEqual(log.position, ["restored", 31, "tag-31"]);
});

test("what was held before a reset is not heard but asked for", async (t) => {
  const { clock, connection, heard, socket } = await isReading(t);
  connection.messages("log", 7);
  connection.send({ ws: "reset", channel: "log", position: ["restored", 6, "tag-6"] });
  await settled(socket, connection);
  await clock.advance(SECOND);

  assert.deepEqual((await connection.next()).channels, { log: ["restored", 6, "tag-6"] });
  assert.deepEqual(heard, []);
});

test("a reply of another epoch is a reset", async (t) => {
  const { connection, log, server, socket } = await isReading(t, 9);
  const resets = record(log, "reset");
  socket.page.dispatch("pagehide");
  socket.page.dispatch("pageshow");
  const second = await server.connection();
  await second.hello({ log: { ok: true, position: ["restored", 2, "tag-2"] } });
  second.messages("log", 3);
  await settled(socket, second);

  assert.deepEqual(resets, [["restored", 2, "tag-2"]]);
  assert.deepEqual(log.position, ["restored", 3, "tag-3"]);
  assert.equal(connection.isOpen, false);
});

test("a flood that cannot be held is asked for in place of being kept", async (t) => {
  const { clock, connection, heard, socket } = await isReading(t);
  connection.messages("log", ...Array.from({ length: 1_500 }, (_, index) => index + 2));
  await settled(socket, connection);
  await clock.advance(SECOND);
  const ask = await connection.next();
  assert.deepEqual(ask.channels, { log: at(0) });
  connection.reply(ask, { channels: accepted(1_501) });
  connection.messages("log", ...Array.from({ length: 1_501 }, (_, index) => index + 1));
  await settled(socket, connection);

  assert.deepEqual(heard.length, 1_501);
  assert.deepEqual(heard.at(-1), "message 1501");
});
