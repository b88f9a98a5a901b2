/** Before a connection is too old, a second one takes over. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isOpen, record, setUp, settled } from "./visitor.mjs";
import { until } from "./waiting.mjs";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ROOM = { "room-7": { ok: true, position: null } };

test("before two hours a second connection takes over, at a random moment", async (t) => {
  for (const [chance, minutes] of [
    [0, 90],
    [0.999, 114.9],
  ]) {
    const { clock, server, visit } = await setUp(t);
    clock.chance = chance;
    const socket = visit({ channels: { "room-7": null } });
    const first = await server.connection();
    await first.hello(ROOM);
    await isOpen(socket);
    for (let minute = 0; minute < minutes - 1; minute += 1) {
      await clock.advance(MINUTE);
      await settled(socket, first);
    }
    const before = server.handshakes;
    assert.equal(server.open, 1);
    await clock.advance(MINUTE);
    await until(() => server.handshakes === before + 1);
  }
});

/** A connection so old that another one has begun. */
async function isRelaying(t, answers = ROOM) {
  const stage = await setUp(t);
  const { socket, connection } = await stage.visitChannels(answers);
  const heard = record(socket.channel(Object.keys(answers)[0]), "message");
  // Chance is a half.
  for (let minutes = 0; minutes < 102; minutes += 6) {
    await stage.clock.advance(6 * MINUTE);
    await settled(socket, connection);
  }
  await stage.clock.advance(MINUTE / 2);
  const second = await stage.server.connection();
  return { ...stage, socket, first: connection, second, heard };
}

test("while two connections are open each message is heard once, whichever is faster", async (t) => {
  const { clock, first, second, heard, socket, server } = await isRelaying(t);
  const hello = await second.next();
  const say = (connection, data) => connection.send({ ws: "message", channel: "room-7", data });
  say(first, 1);
  say(second, 2);
  await settled(socket, second);
  say(first, 2);
  say(first, 3);
  await settled(socket, first);
  second.reply(hello, { channels: ROOM });
  say(second, 3);
  say(second, 4);
  await settled(socket, second);
  say(first, 4);
  await settled(socket, first);
  say(second, 5);
  say(second, 5);
  await settled(socket, second);
  await clock.advance(30 * SECOND);
  await until(() => server.open === 1);
  say(second, 5);
  await settled(socket, second);

  assert.deepEqual(heard, [1, 2, 3, 4, 5, 5, 5]);
  assert.deepEqual(
    socket.statuses.map(({ state }) => state),
    ["open"],
  );
});

test("the second connection asks for everything, with a fresh token and the position", async (t) => {
  const log = { log: { ok: true, position: ["epoch", 0, ""] } };
  const { first, second, server, heard, socket } = await isRelaying(t, log);
  first.messages("log", 1, 2);
  const hello = await second.next();
  await settled(socket, first);
  second.reply(hello, { channels: { log: { ok: true, position: ["epoch", 2, "tag-2"] } } });
  second.messages("log", 1, 2, 3);
  await settled(socket, second);
  first.messages("log", 3);
  await settled(socket, first);

  assert.equal(server.tokenRequests.length, 2);
  assert.deepEqual(hello.channels, { log: ["epoch", 0, ""] });
  assert.deepEqual(heard, ["message 1", "message 2", "message 3"]);
});

test("a reply that comes on the older connection is taken", async (t) => {
  const { first, second, socket } = await isRelaying(t);
  const saved = socket.request("save", { title: "a" });
  const request = await first.next();
  await second.hello(ROOM);
  await settled(socket, second);
  first.reply(request, { data: "saved" });

  assert.equal(await saved, "saved");
});

test("what is sent after the change goes over the second connection", async (t) => {
  const { second, socket } = await isRelaying(t);
  await second.hello(ROOM);
  await settled(socket, second);
  socket.send({ action: "wave" });

  assert.deepEqual(await second.next(), { action: "wave" });
});

test("a second connection that fails is tried again, and nothing is told", async (t) => {
  const { clock, second, server, socket } = await isRelaying(t);
  await second.next();
  second.cut();
  await settled(socket, server.connections[0]);
  await clock.advance(61 * SECOND);
  const third = await server.connection();
  await third.hello(ROOM);
  await settled(socket, third);

  assert.deepEqual([...new Set(socket.statuses.map(({ state }) => state))], ["open"]);
});

test("the first connection may end before the second has said hello", async (t) => {
  const { first, second, server, socket } = await isRelaying(t);
  first.close(1001);
  await until(() => server.open === 1);
  await second.hello(ROOM);
  await settled(socket, second);

  assert.equal(socket.status.state, "open");
  socket.send({ action: "wave" });
  assert.deepEqual(await second.next(), { action: "wave" });
});
