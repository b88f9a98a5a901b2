/** Who is there: a snapshot, the changes after it, and patience with those who reload a page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isIn, record, setUp, settled } from "./visitor.mjs";

const SECOND = 1_000;
const [ada, grace, alan] = ["ada", "grace", "alan"].map((name, index) => ({ id: index + 1, name }));

const state = (version, ...members) => ({
  "room-7": { ok: true, position: null, presence: { version, members } },
});

async function isPresent(t, version, ...members) {
  const stage = await setUp(t);
  const visit = await stage.visitChannels(state(version, ...members));
  const room = visit.socket.channel("room-7");
  // The server takes one resume a second, and the hello is one.
  await stage.clock.advance(2 * SECOND);
  const change = (number, members) =>
    visit.connection.send({ ws: "presence", channel: "room-7", version: number, ...members });
  return { ...stage, ...visit, room, change, told: record(room, "joined", "left") };
}

const names = (room) => room.members.map(({ name }) => name);

test("the members of the snapshot are there, and nobody has joined", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { "room-7": null } });
  const room = socket.channel("room-7");
  const told = record(room, "joined", "presence");
  const connection = await server.connection();
  await connection.hello(state(1, ada, grace));
  await settled(socket, connection);

  assert.deepEqual(names(room), ["ada", "grace"]);
  assert.deepEqual(told, [["presence", { members: [ada, grace], count: 2 }]]);
});

test("who comes is told at once, and who goes after fifteen seconds", async (t) => {
  const { clock, change, connection, room, socket, told } = await isPresent(t, 1, ada);
  change(2, { joined: [grace], left: [] });
  change(3, { joined: [], left: [ada] });
  await settled(socket, connection);
  await clock.advance(14.9 * SECOND);
  assert.deepEqual(told, [["joined", grace]]);
  assert.deepEqual(names(room), ["ada", "grace"]);
  await clock.advance(0.1 * SECOND);

  assert.deepEqual(told.slice(1), [["left", ada]]);
  assert.deepEqual(names(room), ["grace"]);
});

test("who reloads a page has neither left nor joined", async (t) => {
  const { clock, change, connection, room, socket, told } = await isPresent(t, 1, ada, grace);
  change(2, { left: [ada] });
  await settled(socket, connection);
  await clock.advance(10 * SECOND);
  change(3, { joined: [{ ...ada, name: "Ada" }] });
  await settled(socket, connection);
  await clock.advance(60 * SECOND);

  assert.deepEqual(told, []);
  assert.deepEqual(names(room), ["Ada", "grace"]);
});

test("the grace is the page's to choose", async (t) => {
  const { server, clock, visitChannels } = await setUp(t);
  const { socket, connection } = await visitChannels(state(1, ada), { grace: 2 });
  const told = record(socket.channel("room-7"), "left");
  connection.send({ ws: "presence", channel: "room-7", version: 2, left: [ada] });
  await settled(socket, connection);
  await clock.advance(2 * SECOND);

  assert.deepEqual(told, [ada]);
  assert.equal(server.open, 1);
});

test("changes that come before the snapshot count if they are newer", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { "room-7": null } });
  const room = socket.channel("room-7");
  const connection = await server.connection();
  const change = (version, joined) =>
    connection.send({ ws: "presence", channel: "room-7", version, joined });
  change(6, [alan]);
  change(5, [grace]);
  change(4, [{ id: 9, name: "long gone" }]);
  await connection.hello(state(4, ada));
  await settled(socket, connection);

  assert.deepEqual(names(room), ["ada", "grace", "alan"]);
});

test("changes out of order are put in order, and a copy is dropped", async (t) => {
  const { clock, change, connection, room, socket } = await isPresent(t, 1);
  change(3, { joined: [grace] });
  await settled(socket, connection);
  assert.deepEqual(names(room), []);
  change(2, { joined: [ada] });
  change(2, { joined: [alan] });
  await settled(socket, connection);
  await clock.advance(60 * SECOND);

  assert.deepEqual(names(room), ["ada", "grace"]);
  assert.deepEqual(connection.frames, []);
});

test("a change that is missing is asked for with the snapshot", async (t) => {
  const { clock, change, connection, room, socket, told } = await isPresent(t, 1, ada);
  change(3, { joined: [alan] });
  await settled(socket, connection);
  await clock.advance(0.5 * SECOND);
  const ask = await connection.next();
  assert.deepEqual([ask.action, ask.channels], ["subscribe", { "room-7": null }]);
  connection.reply(ask, { channels: state(3, ada, grace, alan) });
  await settled(socket, connection);

  assert.deepEqual(names(room), ["ada", "grace", "alan"]);
  assert.deepEqual(told, [
    ["joined", grace],
    ["joined", alan],
  ]);
});

test("after a loss the new snapshot counts, and absent members have the grace", async (t) => {
  const { clock, connection, room, server, socket, told } = await isPresent(t, 9, ada, grace);
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  const second = await server.connection();
  await second.hello(state(2, grace, alan));
  await settled(socket, second);
  assert.deepEqual(told, [["joined", alan]]);
  await clock.advance(15 * SECOND);

  assert.deepEqual(told.slice(1), [["left", ada]]);
  assert.deepEqual(names(room), ["grace", "alan"]);
});

test("of a large room there is the number alone", async (t) => {
  const { visitChannels } = await setUp(t);
  const presence = { version: 1, count: 5_000 };
  const { connection, socket } = await visitChannels({
    "room-7": { ok: true, position: null, presence },
  });
  const room = socket.channel("room-7");
  const told = record(room, "presence");
  assert.equal(room.count, 5_000);
  connection.send({ ws: "presence", channel: "room-7", version: 2, count: 5_001 });
  await settled(socket, connection);

  assert.deepEqual(told, [{ members: [], count: 5_001 }]);
});

test("a room that grows large tells the number alone, and nobody has left", async (t) => {
  const { clock, change, connection, room, socket, told } = await isPresent(t, 1, ada, grace);
  change(2, { joined: [], left: [ada] });
  change(3, { count: 501 });
  await settled(socket, connection);
  await clock.advance(60 * SECOND);

  assert.deepEqual([room.members, room.count], [[], 501]);
  assert.deepEqual(told, []);
});

test("a room that is small again tells everybody at once, and nobody has joined", async (t) => {
  const { change, connection, room, socket, told } = await isPresent(t, 1, ada);
  change(2, { count: 501 });
  change(3, { members: [ada, grace] });
  change(4, { joined: [alan], left: [] });
  await settled(socket, connection);

  assert.deepEqual([names(room), room.count], [["ada", "grace", "alan"], 3]);
  assert.deepEqual(told, [["joined", alan]]);
});

test("who has left the channel is told nothing of the others", async (t) => {
  const { clock, change, connection, room, socket, told } = await isPresent(t, 1, ada);
  change(2, { left: [ada] });
  await settled(socket, connection);
  room.leave();
  change(3, { joined: [alan] });
  await settled(socket, connection);
  await clock.advance(60 * SECOND);

  assert.deepEqual(told, []);
});

test("members that did not fit into the reply come before it, in a frame of their own", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { "room-7": null } });
  const room = socket.channel("room-7");
  const told = record(room, "joined");
  const connection = await server.connection();
  connection.send({ ws: "presence", channel: "room-7", version: 4, members: [ada, grace] });
  await connection.hello({ "room-7": { ok: true, position: null } });
  connection.send({ ws: "presence", channel: "room-7", version: 5, joined: [alan], left: [] });
  await settled(socket, connection);

  assert.deepEqual(names(room), ["ada", "grace", "alan"]);
  assert.deepEqual(told, [alan]);
});

test("whoever knows the number alone goes on counting until everybody is named", async (t) => {
  const { visitChannels } = await setUp(t);
  const presence = { version: 1, count: 400 };
  const { connection, socket } = await visitChannels({
    "room-7": { ok: true, position: null, presence },
  });
  const room = socket.channel("room-7");
  const change = (version, members) =>
    connection.send({ ws: "presence", channel: "room-7", version, ...members });
  change(2, { joined: [ada, grace], left: [alan] });
  await settled(socket, connection);
  assert.deepEqual([room.members, room.count], [[], 401]);
  change(3, { members: [ada] });
  change(4, { joined: [grace], left: [] });
  await settled(socket, connection);

  assert.deepEqual([names(room), room.count], [["ada", "grace"], 2]);
});
