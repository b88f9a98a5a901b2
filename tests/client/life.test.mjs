/** What happens to a connection: silence, age, the end, and the page being put away. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Page, isIn, isOpen, setUp, settled } from "./visitor.mjs";
import { turn, until } from "./waiting.mjs";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ROOM = { "room-7": { ok: true, position: null } };

async function isConnected(t, options) {
  const stage = await setUp(t);
  return { ...stage, ...(await stage.visitChannels(ROOM, options)) };
}

test("a silent connection says something before ten minutes are over", async (t) => {
  const { clock, connection, socket } = await isConnected(t);
  for (let probes = 0; probes < 3; probes += 1) {
    await clock.advance(8 * MINUTE);
    const frame = await connection.next();
    assert.deepEqual([frame.action, frame.channels], ["subscribe", {}]);
    connection.reply(frame, { channels: {} });
    await settled(socket, connection);
  }
});

test("a connection with traffic says nothing of itself", async (t) => {
  const { clock, connection, socket } = await isConnected(t);
  for (let minutes = 0; minutes < 60; minutes += 5) {
    await clock.advance(5 * MINUTE);
    await settled(socket, connection);
  }

  assert.deepEqual(connection.frames, []);
});

test("a probe without a reply ends the connection, and any frame is a reply", async (t) => {
  const { clock, connection, server, socket } = await isConnected(t);
  await clock.advance(8 * MINUTE);
  await settled(socket, connection);
  await clock.advance(30 * SECOND);
  assert.equal(socket.status.state, "open");

  await clock.advance(7.5 * MINUTE + 10 * SECOND);
  assert.deepEqual([socket.status.state, socket.status.reason], ["waiting", "silent"]);
  await clock.advance(SECOND);
  await server.connection();
});

test("silence means nothing where the server does not speak the protocol", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const socket = visit();
  const connection = await server.connection();
  await connection.next();
  await clock.advance(10 * SECOND);
  await isOpen(socket);
  await clock.advance(30 * MINUTE);

  assert.equal(connection.isOpen, true);
  assert.equal(socket.status.state, "open");
});

test("a hello without a reply is said again on another connection where there are channels", async (t) => {
  const { server, clock, visit } = await setUp(t);
  const socket = visit({ channels: { "room-7": null } });
  const connection = await server.connection();
  await connection.next();
  await clock.advance(10 * SECOND);
  await isIn(socket, "waiting");
  await clock.advance(SECOND);

  const hello = await (await server.connection()).next();
  assert.deepEqual(hello.channels, { "room-7": null });
});

test("a close with 1000 and no advice means to stay away", async (t) => {
  const { clock, connection, server, socket } = await isConnected(t);
  connection.close(1000);
  await isIn(socket, "stopped");
  socket.page.show("visible");
  socket.page.dispatch("online");
  await clock.advance(3_600 * SECOND);

  assert.equal(socket.status.reason, "closed");
  assert.equal(server.tokenRequests.length, 1);
});

for (const code of [1001, 1006, 1011]) {
  test(`a close with ${code} brings the page back`, async (t) => {
    const { clock, connection, server, socket } = await isConnected(t);
    connection.close(code);
    await isIn(socket, "waiting");
    await clock.advance(SECOND);
    const hello = await (await server.connection()).next();

    assert.deepEqual(Object.keys(hello.channels), ["room-7"]);
  });
}

test("advice to stay away stops the page at once, with the server's reason", async (t) => {
  const { connection, socket, server } = await isConnected(t);
  connection.send({ ws: "advice", reconnect: false, reason: "session ended" });
  await isIn(socket, "stopped");
  await until(() => server.open === 0);

  assert.equal(socket.status.reason, "session ended");
});

test("advice to come back in thirty seconds is kept, whoever looks", async (t) => {
  const { clock, connection, server, socket } = await isConnected(t);
  clock.chance = 0.999;
  connection.send({ ws: "advice", reconnect: 30, reason: "deploy" });
  await settled(socket, connection);
  connection.close(1000);
  await isIn(socket, "waiting");
  const { reason, retryIn } = socket.status;
  socket.page.show("visible");
  await clock.advance(29 * SECOND);
  assert.equal(server.tokenRequests.length, 1);

  await clock.advance(9 * SECOND);
  await server.connection();
  assert.equal(reason, "deploy");
  assert.ok(retryIn > 30 && retryIn < 38);
});

test("offline is a hint: a connection that still answers stays", async (t) => {
  const { clock, connection, socket } = await isConnected(t);
  socket.page.dispatch("offline");
  assert.equal(socket.status.state, "offline");
  connection.reply(await connection.next(), { channels: {} });
  await isOpen(socket);
  await clock.advance(MINUTE);

  assert.equal(socket.status.state, "open");
});

test("offline without an answer ends the connection, and attempts go on", async (t) => {
  const { clock, server, socket } = await isConnected(t);
  socket.page.navigator.onLine = false;
  socket.page.dispatch("offline");
  await clock.advance(10 * SECOND);
  assert.deepEqual([socket.status.state, socket.status.reason], ["offline", "silent"]);

  await clock.advance(SECOND);
  await (await server.connection()).hello(ROOM);
  await isOpen(socket);
});

test("a page one looks at again asks whether its connection lives, if it has been long", async (t) => {
  const { clock, connection, socket } = await isConnected(t);
  socket.page.show("visible");
  await clock.advance(31 * SECOND);
  assert.deepEqual(connection.frames, []);
  socket.page.show("visible");

  assert.equal((await connection.next()).action, "subscribe");
});

test("a tab that has slept eight hours comes back without a refusal", async (t) => {
  const { clock, connection, server, socket } = await isConnected(t);
  const refused = [];
  server.refusal = (url) => {
    const isOld = url.searchParams.get("ws_token") !== `token-${server.tokenRequests.length}`;
    if (isOld) refused.push(url.href);
    return isOld ? 400 : undefined;
  };
  socket.page.show("hidden");
  clock.sleep(8 * 3_600 * SECOND);
  connection.cut();
  await isIn(socket, "waiting");
  socket.page.show("visible");
  await clock.advance(0);
  await (await server.connection()).hello(ROOM);
  await isOpen(socket);

  assert.deepEqual(refused, []);
});

for (const [away, back] of [
  ["pagehide", "pageshow"],
  ["freeze", "resume"],
]) {
  test(`${away} closes the connection, and ${back} opens one at once`, async (t) => {
    const { connection, server, socket } = await isConnected(t);
    const target = away === "freeze" ? socket.page.document : socket.page;
    target.dispatchEvent(new Event(away));
    await until(() => !connection.isOpen);
    assert.deepEqual([socket.status.state, socket.status.reason], ["waiting", "suspended"]);

    target.dispatchEvent(new Event(back));
    await (await server.connection()).hello(ROOM);
    await isOpen(socket);
  });
}

test("a page that has stopped stays so when one goes back to it", async (t) => {
  const { server, socket } = await isConnected(t);
  socket.close();
  socket.page.dispatch("pagehide");
  socket.page.dispatch("pageshow");
  await turn();

  assert.equal(socket.status.state, "stopped");
  assert.equal(server.tokenRequests.length, 1);
});

test("a socket of a page that is left during its handshake is closed once it is open", async (t) => {
  const { visit } = await setUp(t);
  const page = new Page();
  const closedIn = [];
  class Left extends WebSocket {
    constructor(url) {
      super(url);
      queueMicrotask(() => page.dispatch("pagehide"));
    }

    close() {
      closedIn.push(this.readyState);
      super.close();
    }
  }
  const socket = visit({ WebSocket: Left }, page);

  await until(() => closedIn.length > 0);

  // While it is CONNECTING, a browser would complain in its console.
  assert.deepEqual(closedIn, [WebSocket.OPEN]);
  assert.equal(socket.status.reason, "suspended");
});
