/** Subscriptions: which there are, which frames belong to them, and what the server says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isIn, isOpen, record, setUp, settled } from "./visitor.mjs";
import { turn, until } from "./waiting.mjs";

const SECOND = 1_000;
const ok = { ok: true, position: null };
// Each takes 366 bytes of a frame, of which API Gateway takes 32,768.
const manyNames = Array.from({ length: 120 }, (_, index) => `${"é€".repeat(70)}-${index}`);
const sizeOf = (frame) => Buffer.byteLength(JSON.stringify(frame));
const say = (connection, channel, data) => connection.send({ ws: "message", channel, data });

async function isConnected(t, answers = { "room-7": ok }) {
  const stage = await setUp(t);
  return { ...stage, ...(await stage.visitChannels(answers)) };
}

test("channels of one moment are asked for in one frame", async (t) => {
  const { connection, socket } = await isConnected(t);
  const [one, two] = [socket.channel("room-8"), socket.channel("room-9")];
  const frame = await connection.next();

  assert.deepEqual([frame.action, frame.channels], ["subscribe", { "room-8": null, "room-9": null }]);
  assert.equal(socket.channel("room-8"), one);
  const [first, second] = [record(one, "message"), record(two, "message")];
  connection.reply(frame, { channels: { "room-8": ok, "room-9": ok } });
  say(connection, "room-9", "nine");
  await settled(socket, connection);
  assert.deepEqual([first, second], [[], ["nine"]]);
  assert.deepEqual(connection.frames, []);
});

test("channels asked for before there is a connection are in the hello", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit();
  socket.channel("room-8");
  const hello = await (await server.connection()).next();

  assert.deepEqual(hello.channels, { "room-8": null });
});

test("a channel the server refuses is told, and the others are in", async (t) => {
  const error = { code: "forbidden", message: "No." };
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { "room-7": null, secret: null } });
  const errors = record(socket.channel("secret"), "error");
  const subscribed = record(socket.channel("room-7"), "subscribed");
  await (await server.connection()).hello({ "room-7": ok, secret: { ok: false, error } });
  await isOpen(socket);

  assert.deepEqual(errors, [error]);
  assert.deepEqual(subscribed, [socket.channel("room-7")]);
});

test("a hello that is refused as a whole is told to each channel", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { one: null, two: null } });
  const errors = ["one", "two"].map((name) => record(socket.channel(name), "error"));
  const connection = await server.connection();
  connection.refuse(await connection.next(), "too_many_channels");
  await isOpen(socket);

  assert.deepEqual(errors.flat().map(({ code }) => code), Array(2).fill("too_many_channels"));
});

test("a channel of any name is told why a hello was refused", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { constructor: null } });
  const errors = record(socket.channel("constructor"), "error");
  const connection = await server.connection();
  connection.refuse(await connection.next(), "too_many_channels");
  await isOpen(socket);

  assert.equal(errors[0]?.code, "too_many_channels");
});

test("a channel that was asked for too often is asked for again", async (t) => {
  const error = { code: "rate_limited" };
  const { clock, connection, socket } = await isConnected(t, { "room-7": { ok: false, error } });
  await clock.advance(0.9 * SECOND);
  assert.deepEqual(connection.frames, []);
  await clock.advance(SECOND);

  assert.deepEqual((await connection.next()).channels, { "room-7": null });
  assert.equal(socket.status.state, "open");
});

test("channels that are too many for the hello are asked for after it", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: Object.fromEntries(manyNames.map((name) => [name, null])) });
  const subscribed = manyNames.map((name) => record(socket.channel(name), "subscribed"));
  const connection = await server.connection();
  connection.onFrame = (frame) => {
    assert.ok(sizeOf(frame) <= 32_768);
    const answers = Object.keys(frame.channels).map((name) => [name, ok]);
    connection.reply(frame, { channels: Object.fromEntries(answers) });
  };

  await until(() => subscribed.every(({ length }) => length === 1));
});

test("channels that are too many for one frame are asked for, and left, in several", async (t) => {
  const { connection, socket } = await isConnected(t);
  const frames = [];
  connection.onFrame = (frame) => {
    frames.push([frame.action, sizeOf(frame) <= 32_768]);
    connection.reply(frame, { channels: {} });
  };
  const channels = manyNames.map((name) => socket.channel(name));
  await until(() => frames.length === 2);
  await settled(socket, connection);
  for (const channel of channels) channel.leave();
  await until(() => frames.length === 4);

  assert.deepEqual(frames.map(([action]) => action), ["subscribe", "subscribe", "unsubscribe", "unsubscribe"]);
  assert.ok(frames.every(([, isSmall]) => isSmall));
});

test("a channel whose name alone is too large is told, and hinders no other", async (t) => {
  const { connection, socket } = await isConnected(t);
  const errors = record(socket.channel("é".repeat(20_000)), "error");
  socket.channel("room-8");
  const frame = await connection.next();

  assert.deepEqual(frame.channels, { "room-8": null });
  assert.deepEqual(errors.map(({ code }) => code), ["too_large"]);
});

test("who leaves a channel hears nothing more of it", async (t) => {
  const { connection, socket } = await isConnected(t);
  const room = socket.channel("room-7");
  const heard = record(room, "message");
  const strays = record(socket, "message");
  room.leave();
  say(connection, "room-7", "in between");
  const frame = await connection.next();
  connection.reply(frame);
  say(connection, "room-7", "late");
  await settled(socket, connection);

  assert.deepEqual([frame.action, frame.channels], ["unsubscribe", ["room-7"]]);
  assert.deepEqual(heard, []);
  assert.deepEqual(strays.filter(({ ws }) => ws), []);
});

test("who comes back hears nothing of the older subscription", async (t) => {
  const { connection, socket } = await isConnected(t);
  socket.channel("room-7").leave();
  const left = await connection.next();
  const again = socket.channel("room-7");
  const heard = record(again, "message");
  connection.reply(left);
  say(connection, "room-7", "old");
  const joined = await connection.next();
  connection.reply(joined, { channels: { "room-7": ok } });
  say(connection, "room-7", "new");
  await settled(socket, connection);

  assert.deepEqual([joined.action, joined.channels], ["subscribe", { "room-7": null }]);
  assert.deepEqual(heard, ["new"]);
});

test("a channel left while it is asked for is left after the reply", async (t) => {
  const { connection, socket } = await isConnected(t);
  const room = socket.channel("room-8");
  const subscribe = await connection.next();
  room.leave();
  await turn();
  assert.deepEqual(connection.frames, []);
  connection.reply(subscribe, { channels: { "room-8": ok } });

  assert.deepEqual((await connection.next()).channels, ["room-8"]);
});

test("a batch ends for the page when it leaves in the middle", async (t) => {
  const { connection, socket } = await isConnected(t);
  const room = socket.channel("room-7");
  const heard = [];
  room.on("message", (data) => {
    heard.push(data);
    if (data === 2) room.leave();
  });
  const messages = [1, 2, 3].map((data) => ({ data }));
  connection.send({ ws: "messages", channel: "room-7", messages });
  await settled(socket, connection);

  assert.deepEqual(heard, [1, 2]);
});

test("who is cut by the server is told why, and is not in the next hello", async (t) => {
  const { clock, connection, server, socket } = await isConnected(t, { "room-7": ok, "room-8": ok });
  const reasons = record(socket.channel("room-7"), "unsubscribed");
  connection.send({ ws: "unsubscribed", channel: "room-7", reason: "no longer a member" });
  await settled(socket, connection);
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  const hello = await (await server.connection()).next();

  assert.deepEqual(reasons, ["no longer a member"]);
  assert.deepEqual(Object.keys(hello.channels), ["room-8"]);
  assert.deepEqual(connection.frames, []);
});

test("frames of an application, and messages nobody listens to, come to the socket", async (t) => {
  const { connection, socket } = await isConnected(t);
  const heard = record(socket, "message");
  connection.send({ text: "hello" });
  say(connection, "room-7", "to a channel without a listener");
  say(connection, "general", "to the default channel");
  connection.send({ ws: "of a later version" });
  connection.sendText("no JSON");
  await settled(socket, connection);

  assert.deepEqual(heard.slice(0, -1), [
    { text: "hello" },
    { ws: "message", channel: "room-7", data: "to a channel without a listener" },
    { ws: "message", channel: "general", data: "to the default channel" },
    "no JSON",
  ]);
});

test("a frame whose ws is no text is ignored", async (t) => {
  const { connection, socket } = await isConnected(t);
  const heard = record(socket, "message");
  const thrown = [];
  const note = (error) => thrown.push(error);
  process.on("uncaughtException", note);
  t.after(() => process.off("uncaughtException", note));
  for (const ws of [7, true, ["reply"], { toString: 1 }]) connection.send({ ws });
  connection.send("the last");
  await settled(socket, connection);

  assert.deepEqual(thrown, []);
  assert.deepEqual(heard.slice(0, -1), ["the last"]);
});

test("a listener that fails stops neither the others nor the next message", async (t) => {
  const { connection, socket } = await isConnected(t);
  const failures = [];
  const report = (error) => failures.push(error.message);
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", report);
  const room = socket.channel("room-7");
  room.on("message", () => {
    throw new Error("a mistake of the page");
  });
  const heard = record(room, "message");
  say(connection, "room-7", 1);
  say(connection, "room-7", 2);
  await settled(socket, connection);
  process.off("uncaughtException", report);
  for (const listener of before) process.on("uncaughtException", listener);

  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(failures, Array(2).fill("a mistake of the page"));
});

test("a listener can be taken away in both ways", async (t) => {
  const { connection, socket } = await isConnected(t);
  const room = socket.channel("room-7");
  const heard = [];
  const listen = (data) => heard.push(data);
  room.on("message", listen);
  room.off("message", listen);
  room.on("message", listen)();
  say(connection, "room-7", 1);
  await settled(socket, connection);

  assert.deepEqual(heard, []);
});
