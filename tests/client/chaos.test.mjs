/** Bad days by chance, from a seed that is told when something goes wrong. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isOpen, record, setUp, settled } from "./visitor.mjs";
import { turn, until } from "./waiting.mjs";
import { numbered } from "./server.mjs";

const SECOND = 1_000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const EPOCH = "epoch";

/** A small generator of chance (mulberry32). */
function chanceOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A log and its readers; what it sends is lost, late, and there twice. */
class Log {
  last = 0;

  constructor(chance) {
    this.chance = chance;
  }

  /** Answer whatever the client asks on this connection. */
  attend(connection) {
    connection.onFrame = (frame) => {
      const channels = {};
      for (const [name, position] of Object.entries(frame.channels ?? {})) {
        channels[name] = { ok: true, position: [EPOCH, this.last, `tag-${this.last}`] };
        const from = position?.[1] ?? this.last;
        for (let seq = from + 1; seq <= this.last; seq += 1) this.#send(connection, seq);
      }
      connection.reply(frame, { channels });
    };
    for (const frame of connection.frames.splice(0)) connection.onFrame(frame);
  }

  publish(connections) {
    this.last += 1;
    for (const connection of connections) this.#send(connection, this.last);
  }

  #send(connection, seq) {
    const text = { ws: "message", channel: "log", ...numbered(seq) };
    const fate = this.chance();
    if (fate < 0.1) return;
    if (fate < 0.2) connection.send(text);
    if (fate < 0.4) setImmediate(() => connection.send(text));
    else connection.send(text);
  }
}

for (const seed of SEEDS) {
  test(`a log is heard in order and each once, whatever happens (seed ${seed})`, async (t) => {
    const chance = chanceOf(seed);
    const { server, clock, visit } = await setUp(t);
    const log = new Log(chance);
    const socket = visit({ channels: { log: [EPOCH, 0, ""] }, clock: { ...clock, random: chance } });
    const heard = record(socket.channel("log"), "message");
    let known = 0;
    const attend = () => {
      for (; known < server.connections.length; known += 1) log.attend(server.connections[known]);
    };
    for (let step = 0; step < 400; step += 1) {
      const fate = chance();
      attend();
      const open = server.connections.filter((connection) => connection.isOpen);
      if (fate < 0.5) log.publish(open);
      else if (fate < 0.53) open.forEach((connection) => connection.cut());
      else if (fate < 0.55) open[0]?.close(1001);
      else if (fate < 0.57) socket.page.show(chance() < 0.5 ? "hidden" : "visible");
      else if (fate < 0.58) socket.page.dispatch("pagehide");
      else if (fate < 0.6) socket.page.dispatch("pageshow");
      else await clock.advance(chance() * 3 * SECOND);
      await turn();
    }
    socket.page.show("visible");
    socket.page.dispatch("pageshow");
    await until(() => {
      attend();
      clock.advance(SECOND);
      return heard.length >= log.last;
    });

    const wanted = Array.from({ length: log.last }, (_, index) => `message ${index + 1}`);
    assert.deepEqual(heard, wanted);
  });

  test(`a counter goes on through five lives without a gap or a copy (seed ${seed})`, async (t) => {
    const chance = chanceOf(seed);
    const { server, clock, visit } = await setUp(t);
    const socket = visit({ channels: { counter: null }, clock: { ...clock, random: chance } });
    const heard = record(socket.channel("counter"), "message");
    const ok = { counter: { ok: true, position: null } };
    let first = await server.connection();
    await first.hello(ok);
    await isOpen(socket);
    let count = 0;
    const tick = (connections) => {
      count += 1;
      const frame = { ws: "message", channel: "counter", data: count };
      for (const connection of connections) {
        if (chance() < 0.5) setImmediate(() => connection.send(frame));
        else connection.send(frame);
      }
    };
    for (let life = 0; life < 5; life += 1) {
      for (let step = 0; server.handshakes === life + 1; step += 1) {
        tick([first]);
        await settled(socket, first);
        // A short step once the next connection can come: it has fifteen seconds to open.
        await clock.advance((step < 29 ? 180 : 10) * SECOND);
        for (let turns = 0; turns < 4; turns += 1) await turn();
      }
      const second = await server.connection();
      const hello = await second.next();
      tick([first]);
      // From here on the server has both connections in the channel.
      for (let ticks = 0; ticks < 20; ticks += 1) {
        tick([first, second]);
        if (ticks === 10) second.reply(hello, { channels: ok });
        if (chance() < 0.5) await clock.advance(100);
      }
      await settled(socket, second);
      await settled(socket, first);
      await clock.advance(31 * SECOND);
      await until(() => !first.isOpen);
      first = second;
    }

    // Unnumbered messages can overtake each other.
    assert.deepEqual(
      heard.sort((one, other) => one - other),
      Array.from({ length: count }, (_, index) => index + 1),
    );
    assert.deepEqual([...new Set(socket.statuses.map(({ state }) => state))], ["open"]);
  });
}

test("a connection that is cut every 15 s for ten minutes misses nothing that it was sent", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const socket = visit({ channels: { counter: null } });
  const heard = record(socket.channel("counter"), "message");
  const sent = [];
  for (let cuts = 0; cuts < 40; cuts += 1) {
    const connection = await comesBack(server, clock);
    await connection.hello({ counter: { ok: true, position: null } });
    await isOpen(socket);
    for (let second = 0; second < 15; second += 1) {
      sent.push(sent.length + 1);
      connection.send({ ws: "message", channel: "counter", data: sent.length });
      await clock.advance(SECOND);
    }
    await settled(socket, connection);
    connection.cut();
  }

  assert.deepEqual(heard, sent);
  assert.equal(sent.length, 600);
});

/** The next connection, for which the client's pause is let pass. */
async function comesBack(server, clock) {
  const known = server.connections.length;
  const next = server.connection();
  for (let tries = 0; tries < 60 && server.connections.length === known; tries += 1) {
    await turn();
    await clock.advance(SECOND);
  }
  return next;
}
