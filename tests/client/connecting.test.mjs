/** Getting a connection: tokens, refusals, pauses. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Page, isIn, isOpen, setUp } from "./visitor.mjs";
import { turn, until } from "./waiting.mjs";

const SECOND = 1_000;

test("a page connects with a token, and its first frame is the hello", async (t) => {
  const { server, visit } = await setUp(t);
  const socket = visit({ channels: { "room-7": null, log: ["epoch", 4, "tag-4"] } });
  const connection = await server.connection();
  const hello = await connection.next();

  assert.equal(connection.url.searchParams.get("ws_token"), "token-1");
  assert.equal(server.tokenRequests[0].headers["x-csrftoken"], "c5rf");
  assert.match(hello.client, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(hello, {
    action: "hello",
    ws: 1,
    id: "1",
    client: hello.client,
    channels: { "room-7": null, log: ["epoch", 4, "tag-4"] },
  });
  assert.equal(socket.status.state, "connecting");
  connection.reply(hello, { channels: { "room-7": { ok: true }, log: { ok: true } } });
  await isOpen(socket);
});

test("names of the query and of the selection key are the server's", async (t) => {
  const { server, visit } = await setUp(t);
  visit({ tokenParameter: "ticket", selectionKey: "kind", csrfToken: "from the page" }, {
    document: undefined,
  });
  const connection = await server.connection();

  assert.equal(connection.url.searchParams.get("ticket"), "token-1");
  assert.equal(server.tokenRequests[0].headers["x-csrftoken"], "from the page");
  assert.equal((await connection.next()).kind, "hello");
});

test("without a token's URL a page connects as it is", async (t) => {
  const { server, visit } = await setUp(t);
  visit({ tokenUrl: null });
  const connection = await server.connection();

  assert.equal(connection.url.search, "");
  assert.equal(server.tokenRequests.length, 0);
});

test("each attempt has a token of its own, and there is one attempt at a time", async (t) => {
  const { server, clock, visit } = await setUp(t);
  server.refusal = () => 400;
  const socket = visit();
  for (const event of ["online", "pageshow"]) socket.page.dispatch(event);
  socket.page.show("visible");
  await isIn(socket, "waiting");
  assert.equal(server.tokenRequests.length, 1);

  server.refusal = () => undefined;
  await clock.advance(SECOND);
  const connection = await server.connection();
  assert.equal(connection.url.searchParams.get("ws_token"), "token-2");
});

test("the token's URL is asked why a connect was refused, and the status tells it", async (t) => {
  const { server, clock, visit } = await setUp(t);
  server.refusal = () => 400;
  server.tokenResponse = (number) => {
    const refused = number > 1 ? "Too many connection attempts" : undefined;
    return [200, JSON.stringify({ token: `token-${number}`, refused })];
  };
  const socket = visit();
  await isIn(socket, "waiting");
  await clock.advance(SECOND);
  await until(() => server.handshakes === 2);
  await isIn(socket, "waiting");

  assert.deepEqual(
    server.tokenRequests.map(({ body }) => body),
    ["", "refused=token-1"],
  );
  const told = socket.statuses.map(({ state, reason }) => `${state}: ${reason}`);
  assert.deepEqual(told, [
    "waiting: refused",
    "connecting: refused",
    "connecting: Too many connection attempts",
    "waiting: Too many connection attempts",
  ]);
});

test("a token that was refused is told until the URL has answered", async (t) => {
  const { server, clock, visit } = await setUp(t);
  server.refusal = () => 400;
  const socket = visit();
  await isIn(socket, "waiting");
  server.tokenResponse = () => [403, "Rate limit exceeded"];
  await clock.advance(SECOND);
  await until(() => socket.status.reason === "Rate limit exceeded");
  await clock.advance(2 * SECOND);
  await until(() => server.tokenRequests.length === 3);

  assert.equal(server.tokenRequests[2].body, "refused=token-1");
});

test("a login that has ended stops the page, until it connects by itself", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const granted = server.tokenResponse;
  server.tokenResponse = () => [403, "Authentication required"];
  const socket = visit();
  await isIn(socket, "stopped");

  assert.equal(socket.status.reason, "Authentication required");
  socket.page.show("visible");
  await clock.advance(3_600 * SECOND);
  assert.equal(server.tokenRequests.length, 1);

  server.tokenResponse = granted;
  socket.connect();
  await (await server.connection()).hello();
  await isOpen(socket);
});

test("other refusals are told in the server's words, and asked again", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const answers = [
    [403, "Rate limit exceeded"],
    [503, "x".repeat(500)],
    [500, ""],
  ];
  server.tokenResponse = (number) => answers[number - 1] ?? [404, ""];
  const socket = visit();
  for (const reason of ["Rate limit exceeded", "status 503", "status 500"]) {
    await until(() => socket.status.state === "waiting" && socket.status.reason === reason);
    await clock.advance(socket.status.retryIn * SECOND);
  }
});

test("a server that is not there is told, too", async (t) => {
  const { server, visit } = await setUp(t);
  server.stop();
  const socket = visit();
  await isIn(socket, "waiting");

  assert.equal(socket.status.reason, "unreachable");
});

test("the first pause is half a second to one, the others grow up to twenty", async (t) => {
  const { server, clock, visit } = await setUp(t);
  server.tokenResponse = () => [500, ""];
  const pauses = { 0: [], 1: [] };
  for (const chance of [0, 1]) {
    clock.chance = chance;
    const socket = visit();
    for (let attempt = 0; attempt < 9; attempt += 1) {
      await isIn(socket, "waiting");
      pauses[chance].push(socket.status.retryIn);
      await clock.advance(socket.status.retryIn * SECOND);
    }
    socket.close();
  }

  assert.deepEqual(pauses[0], Array(9).fill(0.5));
  assert.deepEqual(pauses[1], [1, 1.5, 2.5, 4.5, 8.5, 16.5, 20, 20, 20]);
});

test("five seconds of life, and no less, make the pauses short again", async (t) => {
  const { server, clock, visit } = await setUp(t);
  clock.chance = 1;
  const socket = visit();
  const pauses = [];
  for (const life of [0, 4, 5]) {
    const connection = await server.connection();
    await connection.hello();
    await isOpen(socket);
    await clock.advance(life * SECOND);
    connection.cut();
    await isIn(socket, "waiting");
    pauses.push(socket.status.retryIn);
    await clock.advance(socket.status.retryIn * SECOND);
  }

  assert.deepEqual(pauses, [1, 1.5, 1]);
});

test("an attempt without an answer ends after fifteen seconds", async (t) => {
  const { server, clock, visit } = await setUp(t);
  server.isSilent = true;
  const socket = visit({ tokenUrl: null });
  await until(() => server.handshakes === 1);
  await clock.advance(15 * SECOND);
  await isIn(socket, "waiting");

  server.isSilent = false;
  await clock.advance(SECOND);
  await server.connection();
});

test("a hidden tab waits, and a visible one connects at once", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const socket = visit();
  const connection = await server.connection();
  await connection.hello();
  await isOpen(socket);
  socket.page.show("hidden");
  connection.cut();
  await isIn(socket, "waiting");
  await clock.advance(8 * 3_600 * SECOND);

  assert.deepEqual(socket.status, { state: "waiting", reason: "hidden", retryIn: undefined });
  assert.equal(server.tokenRequests.length, 1);
  socket.page.show("visible");
  await server.connection();
  assert.equal(server.tokenRequests.length, 2);
});

test("a tab that is born hidden waits as well", async (t) => {
  const { server, visit } = await setUp(t);
  const page = new Page();
  page.document.visibilityState = "hidden";
  visit({}, page);
  await turn();

  assert.equal(server.tokenRequests.length, 0);
  page.show("visible");
  await server.connection();
});

test("the network that is back is tried at once, and pauses begin anew", async (t) => {
  const { server, clock, visit } = await setUp(t);
  server.tokenResponse = () => [500, ""];
  clock.chance = 1;
  const socket = visit();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await isIn(socket, "waiting");
    await clock.advance(socket.status.retryIn * SECOND);
  }
  await isIn(socket, "waiting");
  socket.page.navigator.onLine = false;
  socket.page.dispatch("online");
  await until(() => server.tokenRequests.length === 8);
  await isIn(socket, "offline");

  assert.equal(socket.status.retryIn, 1);
});

test("a machine that sleeps between token and handshake does not use the old token", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const granted = server.tokenResponse;
  server.tokenResponse = (number) => {
    // The page's timers have not run yet when the response is read.
    if (number === 1) clock.sleep(8 * 3_600 * SECOND);
    return granted(number);
  };
  const socket = visit();
  await isIn(socket, "waiting");
  assert.equal(server.handshakes, 0);

  await clock.advance(SECOND);
  const connection = await server.connection();
  assert.equal(connection.url.searchParams.get("ws_token"), "token-2");
});
