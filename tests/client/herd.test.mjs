/** Many pages that lose one server at the same moment. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { setUp } from "./visitor.mjs";
import { turn, until } from "./waiting.mjs";

const SECOND = 1_000;
const STEP = 100;
const PAGES = 500;
// API Gateway takes 500 new connections a second.
const MOST_A_SECOND = 500;

test("five hundred pages come back spread out, and all of them", async (t) => {
  const { server, clock, visit } = await setUp(t);
  let drawn = 0;
  // Chance that is spread evenly, so that the test has none in it.
  const random = () => ((drawn += 1) * 0.6180339887) % 1;
  const sockets = Array.from({ length: PAGES }, () =>
    visit({ tokenUrl: null, clock: { ...clock, random } }),
  );
  await until(() => server.connections.length === PAGES);
  await Promise.all(server.connections.map((connection) => connection.hello()));
  const are = (state) => sockets.filter((socket) => socket.status.state === state).length;
  await until(() => are("open") === PAGES);

  server.refusal = () => 503;
  server.handshakes = 0;
  for (const connection of server.connections) connection.cut();
  await until(() => are("waiting") === PAGES);
  const rates = [];
  for (let second = 0; second < 12; second += 1) {
    const before = server.handshakes;
    for (let step = 0; step < SECOND / STEP; step += 1) {
      await clock.advance(STEP);
      await until(() => are("connecting") === 0);
    }
    rates.push(server.handshakes - before);
  }
  assert.ok(Math.max(...rates) <= MOST_A_SECOND, `${rates}`);
  assert.ok(Math.max(...rates.slice(8)) <= MOST_A_SECOND / 5, `${rates}`);

  server.refusal = () => undefined;
  const known = server.connections.length;
  for (let step = 0; step < (20 * SECOND) / STEP; step += 1) {
    await clock.advance(STEP);
    await until(() => are("waiting") + server.connections.length - known === PAGES);
  }
  await turn();
  assert.equal(server.connections.length - known, PAGES);
});
