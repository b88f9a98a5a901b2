/** Several tabs of a browser with one connection. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Page, isIn, isOpen, record, setUp, settled } from "./visitor.mjs";
import { HandMovedClock, turn, until } from "./waiting.mjs";

const SECOND = 1_000;
const ok = { ok: true, position: null };
const say = (connection, channel, data) => connection.send({ ws: "message", channel, data });

/** The browser's locks, of which Node has none: one holder, and the others in line. */
class Locks {
  #line = [];

  request(name, { signal }, call) {
    return new Promise((resolve, reject) => {
      const place = { name, call, resolve, isHeld: false };
      this.#line.push(place);
      signal.addEventListener("abort", () => {
        if (place.isHeld) return;
        this.#line.splice(this.#line.indexOf(place), 1);
        reject(signal.reason);
      });
      this.#grant(name);
    });
  }

  async #grant(name) {
    const first = this.#line.find((place) => place.name === name);
    if (!first || first.isHeld) return;
    first.isHeld = true;
    await first.call();
    this.#line.splice(this.#line.indexOf(first), 1);
    first.resolve();
    this.#grant(name);
  }
}

async function areTwo(t, leadersClock) {
  const stage = await setUp(t);
  const locks = new Locks();
  const open = (channels, clock = stage.clock) =>
    stage.visit({ shared: true, channels, clock }, new Page(locks));
  const leader = open({ "room-7": null }, leadersClock);
  const connection = await stage.server.connection();
  const hello = await connection.hello({ "room-7": ok });
  await isOpen(leader);
  const follower = open({ "room-7": null, "room-8": null });
  const subscribe = await connection.next();
  connection.reply(subscribe, { channels: { "room-7": ok, "room-8": ok } });
  await isOpen(follower);
  await settled(follower, connection);
  return { ...stage, connection, follower, hello, leader, open, subscribe };
}

test("two tabs have one connection, and each its own channels on it", async (t) => {
  const { connection, follower, leader, server, subscribe } = await areTwo(t);
  const heard = [
    record(leader.channel("room-7"), "message"),
    record(follower.channel("room-7"), "message"),
    record(follower.channel("room-8"), "message"),
  ];
  say(connection, "room-7", "both");
  say(connection, "room-8", "one");
  await settled(follower, connection);

  assert.deepEqual(subscribe.channels, { "room-7": null, "room-8": null });
  assert.deepEqual(heard, [["both"], ["both"], ["one"]]);
  assert.deepEqual([server.handshakes, server.tokenRequests.length], [1, 1]);
});

test("each tab gets the replies to its own requests", async (t) => {
  const { connection, follower, leader } = await areTwo(t);
  const replies = [leader.request("save"), follower.request("save")];
  for (let count = 0; count < 2; count += 1) {
    const frame = await connection.next();
    connection.reply(frame, { data: frame.id });
  }
  const [ofLeader, ofFollower] = await Promise.all(replies);

  assert.notEqual(ofLeader, ofFollower);
});

test("when the tab with the connection goes, another one takes over with its channels", async (t) => {
  const { connection, follower, hello, leader, server } = await areTwo(t);
  const saved = follower.request("save", {}, { once: true });
  const request = await connection.next();
  leader.close();
  const second = await server.connection();
  const again = await second.hello({ "room-7": ok, "room-8": ok });
  const repeated = await second.next();
  second.reply(repeated, { data: "saved" });

  assert.equal(connection.isOpen, false);
  assert.deepEqual(again.channels, { "room-7": null, "room-8": null });
  assert.equal(again.client, hello.client);
  assert.deepEqual(repeated, request);
  assert.equal(await saved, "saved");
  assert.equal(server.open, 1);
});

test("a channel that another tab needs is not left", async (t) => {
  const { clock, connection, follower, leader } = await areTwo(t);
  const heard = record(leader.channel("room-7"), "message");
  follower.channel("room-7").leave();
  follower.channel("room-8").leave();
  await turn();
  for (let count = 0; count < 20; count += 1) await turn();
  await clock.advance(SECOND);
  const frame = await connection.next();
  say(connection, "room-7", "still");
  await settled(leader, connection);

  assert.deepEqual(frame.channels, ["room-8"]);
  assert.deepEqual(heard, ["still"]);
});

test("after a loss every tab is in its channels again", async (t) => {
  const { clock, connection, follower, leader, server } = await areTwo(t);
  connection.cut();
  await isIn(follower, "waiting");
  await isIn(leader, "waiting");
  await clock.advance(SECOND);
  const second = await server.connection();
  await second.hello({ "room-7": ok });
  const subscribe = await second.next();

  assert.deepEqual(subscribe.channels, { "room-7": null, "room-8": null });
  await isOpen(follower);
});

test("a tab that comes makes no other tab subscribe once more", async (t) => {
  const { connection, follower, open } = await areTwo(t);
  const statuses = record(follower, "status");
  const third = open({ "room-9": null });
  const subscribe = await connection.next();
  connection.reply(subscribe, { channels: { "room-9": ok } });
  await isOpen(third);
  await settled(follower, connection);

  assert.deepEqual(subscribe.channels, { "room-9": null });
  assert.deepEqual([connection.frames, statuses], [[], []]);
});

test("a tab one looks at wakes the one with the connection", async (t) => {
  const { connection, follower, server } = await areTwo(t);
  connection.cut();
  await isIn(follower, "waiting");
  follower.page.show("visible");

  await server.connection();
});

test("a tab one looks at does not wait for the late timers of a hidden one", async (t) => {
  // The timers of the tab with the connection do not run at all.
  const { clock, connection, follower, server } = await areTwo(t, new HandMovedClock());
  connection.cut();
  await isIn(follower, "waiting");
  await clock.advance(follower.status.retryIn * SECOND);

  await server.connection();
});

test("the end that the server wants is the end in all tabs, until one connects", async (t) => {
  const { connection, follower, leader, server } = await areTwo(t);
  connection.send({ ws: "advice", reconnect: false, reason: "session ended" });
  await isIn(leader, "stopped");
  await isIn(follower, "stopped");
  assert.equal(follower.status.reason, "session ended");
  follower.connect();

  await server.connection();
  assert.equal(server.tokenRequests.length, 2);
});

test("a page that is loaded after the end begins anew, as after another login", async (t) => {
  const { connection, leader, open, server } = await areTwo(t);
  connection.close(1000);
  await isIn(leader, "stopped");
  const fresh = open({ "room-9": null });
  const second = await server.connection();
  await second.hello({ "room-7": ok });
  const names = [await second.next(), await second.next()].map(({ channels }) => Object.keys(channels));

  assert.deepEqual(names.flat().sort(), ["room-7", "room-8", "room-9"]);
  await isOpen(fresh);
});

test("tabs of different logins have a connection each", async (t) => {
  const { server, visit } = await setUp(t);
  const locks = new Locks();
  for (const shared of ["user-1", "user-2"]) visit({ shared }, new Page(locks));

  await until(() => server.handshakes === 2);
});

test("who takes over from a stopped tab stays stopped", async (t) => {
  const { connection, follower, leader, server } = await areTwo(t);
  connection.close(1000);
  await isIn(follower, "stopped");
  leader.close();
  for (let count = 0; count < 20; count += 1) await turn();

  assert.equal(server.tokenRequests.length, 1);
});

test("a tab that is put away leaves the connection to another, and comes back behind it", async (t) => {
  const { follower, leader, server } = await areTwo(t);
  leader.page.dispatch("pagehide");
  const second = await server.connection();
  await second.hello({ "room-7": ok, "room-8": ok });
  await isOpen(follower);
  leader.page.dispatch("pageshow");
  const frame = await second.next();

  assert.deepEqual([frame.action, frame.channels], ["subscribe", { "room-7": null }]);
  await isOpen(leader);
  assert.equal(server.open, 1);
});

test("a tab that is closed while it is put away stays closed", async (t) => {
  const { leader, server } = await areTwo(t);
  leader.page.dispatch("pagehide");
  await server.connection();
  leader.close();
  leader.page.dispatch("pageshow");
  for (let count = 0; count < 20; count += 1) await turn();

  assert.equal(leader.status.state, "stopped");
});

test("a tab that connects while it is put away stands in line once", async (t) => {
  const { follower, leader, server } = await areTwo(t);
  follower.close();
  leader.page.dispatch("pagehide");
  leader.connect();
  await server.connection();
  leader.page.dispatch("pageshow");
  leader.close();
  follower.connect();

  await server.connection();
});

test("a second connection before two hours is another one for all tabs", async (t) => {
  const { clock, connection, follower, leader, server } = await areTwo(t);
  for (let minutes = 0; minutes < 102; minutes += 6) {
    await clock.advance(6 * 60 * SECOND);
    await settled(leader, connection);
  }
  const heard = record(follower.channel("room-8"), "message");
  await clock.advance(30 * SECOND);
  const second = await server.connection();
  await second.hello({ "room-7": ok });
  const subscribe = await second.next();
  say(connection, "room-8", 1);
  await settled(follower, connection);
  second.reply(subscribe, { channels: { "room-7": ok, "room-8": ok } });
  await settled(follower, second);
  say(second, "room-8", 2);
  say(connection, "room-8", 2);
  await settled(follower, second);
  await settled(follower, connection);

  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual([...new Set(follower.statuses.map(({ state }) => state))], ["open"]);
});

test("without locks, as on an insecure page, each tab has a connection", async (t) => {
  const { server, visit } = await setUp(t);
  visit({ shared: true });
  visit({ shared: true });
  await until(() => server.handshakes === 2);
});
