import { makeAlarm } from "./clock.js";
import { fetchToken } from "./token.js";

const MINUTE_MS = 60_000;
const ATTEMPT_MS = 15_000;
const HELLO_MS = 10_000;
const PROBE_MS = 10_000;
// A probe is a metered message, so turning to a page and away again sends none.
const FRESH_MS = 30_000;
const STABLE_MS = 5_000;
const SHORTEST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;
// API Gateway holds a socket that is silent for 10 minutes no longer; timers of a hidden tab come
// up to a minute late.
const IDLE_MS = 7.5 * MINUTE_MS;
// It holds none for more than two hours.
const RELAY_MS = 90 * MINUTE_MS;
const RELAY_SPREAD_MS = 25 * MINUTE_MS;
// As long as a handler may take, whose reply comes to the older socket.
const LINGER_MS = 30_000;
const TWIN_MS = 3_000;
const TOO_LATE = 1;

/**
 * The connection: one socket at a time, or two while the second takes over from the first.
 *
 * `hooks` are `greet()` and `probe()`, which give a frame to send, and `frame(frame)`, `ready()`,
 * `lost(socket, isAll)`, `stopped()`, `status(state, reason, retryIn)` and `_needsHello()`.
 */
export function makeLink(options, hooks) {
  const { url, tokenUrl, tokenParameter = "ws_token", shared, clock, page } = options;
  const open = options.WebSocket ?? WebSocket;
  const [retry, relay, idle, hello, probing, linger] = Array.from({ length: 6 }, () =>
    makeAlarm(clock),
  );
  let current;
  let next;
  let old;
  let attempt;
  let isWanted = false;
  let failures = 0;
  let notBefore = 0;
  let advised = false;
  let refusedToken = "";
  // The reason for the last refusal, by the token's URL.
  let known = "";
  let reason = "";
  let told;
  let isDoubted = false;
  // True once the server has answered a hello: one that never does is an application without the
  // protocol, from whose silence nothing follows.
  let isSpoken = false;

  // A tab nobody looks at can wait; of shared tabs, somebody may look at another one.
  const isHidden = () => !shared && page.document?.visibilityState === "hidden";

  function tell(state, why = reason, delayMs) {
    reason = why;
    // That a second connection has taken over is nobody's business.
    if (state === "open" && told === state) return;
    told = state;
    hooks.status(state, why, delayMs && delayMs / 1000);
  }

  function transmit(socket, text) {
    socket._activeAt = clock.now();
    socket.ws.send(text);
    return socket;
  }

  /** Fetch a fresh token and open a socket with it. Rejects with a reason. */
  async function dial(signal) {
    const address = new URL(url, page.location?.href);
    const startedAt = clock.now();
    if (tokenUrl) {
      const { token, refused } = await fetchToken(options, page, refusedToken, signal);
      known = refused ?? "";
      if (known && !current) tell("connecting", known);
      refusedToken = token;
      address.searchParams.set(tokenParameter, token);
    }
    // A machine that has slept meanwhile wakes up with an old token.
    if (signal.aborted || clock.now() - startedAt > ATTEMPT_MS) throw {};
    const ws = new open(address);
    await new Promise((resolve, reject) => {
      ws.onopen = resolve;
      ws.onclose = ws.onerror = reject;
      signal.onabort = () => {
        ws.onclose = ws.onerror = null;
        // A browser complains in its console of a socket that is closed while it connects.
        if (signal.reason === TOO_LATE) ws.close();
        else ws.onopen = () => ws.close();
        reject();
      };
    });
    refusedToken = "";
    return ws;
  }

  async function connect() {
    // One attempt at a time, whoever asks.
    if (attempt || !isWanted) return;
    const mine = new AbortController();
    attempt = mine;
    const timer = clock.setTimeout(() => mine.abort(TOO_LATE), ATTEMPT_MS);
    known = "";
    if (!current) tell("connecting");
    let ws;
    let error;
    try {
      ws = await dial(mine.signal);
    } catch (thrown) {
      error = thrown ?? {};
    }
    clock.clearTimeout(timer);
    // Somebody has stopped or suspended it meanwhile.
    if (attempt !== mine) {
      ws?.close();
      return;
    }
    attempt = undefined;
    if (ws) adopt(ws);
    else if (current) relay(MINUTE_MS * (0.5 + clock.random()), connect);
    else if (error._isFinal) stop(error.reason);
    else wait(error.reason || known || "refused");
  }

  function adopt(ws) {
    const socket = { ws, _twins: [], _openedAt: clock.now() };
    ws.onmessage = ({ data }) => receive(socket, data);
    ws.onclose = ({ code }) => closed(socket, code);
    if (current) next = socket;
    else current = socket;
    const greeting = hooks.greet();
    socket._helloId = greeting.id;
    transmit(socket, JSON.stringify(greeting));
    hello(HELLO_MS, () => {
      if (hooks._needsHello() || socket === next) lose(socket, "silent");
      else ready(socket);
    });
  }

  function ready(socket) {
    hello();
    socket._helloId = undefined;
    if (socket === next) {
      // Replies to what went over the older socket come there, so both are read for a while.
      old = current;
      current = next;
      next = undefined;
      linger(LINGER_MS, () => retire(old));
    }
    advised = false;
    relay(RELAY_MS + clock.random() * RELAY_SPREAD_MS, connect);
    watchIdle(IDLE_MS + clock.random() * MINUTE_MS);
    tell("open", "");
    hooks.ready();
  }

  function receive(socket, text) {
    socket._activeAt = clock.now();
    if (socket === current) {
      probing();
      if (isDoubted) tell("open", "");
      isDoubted = false;
    }
    if (isTwin(socket, text)) return;
    let frame = text;
    try {
      frame = JSON.parse(text);
    } catch {
      // An application may send what is not JSON.
    }
    const isGreeted = frame?.ws === "reply" && socket._helloId && frame.id === socket._helloId;
    if (isGreeted) isSpoken = true;
    if (frame?.ws === "advice") advise(frame);
    else hooks.frame(frame);
    if (isGreeted) ready(socket);
  }

  /** While two sockets are open both get what is published: the second copy is dropped. */
  function isTwin(socket, text) {
    const other = socket === current ? (old ?? next) : current;
    const now = clock.now();
    const index = socket._twins.findIndex((twin) => twin.text === text && twin.until > now);
    if (index >= 0) socket._twins.splice(index, 1);
    else other?._twins.push({ text, until: now + TWIN_MS });
    return index >= 0;
  }

  function advise({ reconnect, reason: why }) {
    advised = true;
    reason = why ?? "";
    if (reconnect === false) stop(why);
    else if (reconnect > 0) {
      notBefore = clock.now() + reconnect * 1000 * (1 + clock.random() / 4);
    }
  }

  function closed(socket, code) {
    // API Gateway has no close codes of ours. It says 1001 to a socket that is idle or old, and 1000
    // to one that Django has closed.
    if (socket === current && !next && code === 1000 && !advised) stop("closed");
    else lose(socket, "lost");
  }

  function lose(socket, why) {
    const isCurrent = socket === current;
    const isCandidate = socket === next;
    if (isCurrent && clock.now() - socket._openedAt >= STABLE_MS) failures = 0;
    retire(socket);
    if (isCandidate) relay(MINUTE_MS, connect);
    if (isCurrent && !current && !attempt) wait(advised ? reason : why);
  }

  /** Read a socket no longer. Its own end may never be told, so nothing waits for it. */
  function retire(socket) {
    if (!socket) return;
    const { ws } = socket;
    ws.onmessage = ws.onclose = null;
    ws.close();
    if (socket === current) {
      current = next;
      next = undefined;
      isDoubted = false;
      for (const alarm of [relay, idle, probing]) alarm();
    } else if (socket === next) next = undefined;
    else if (socket === old) old = undefined;
    hooks.lost(socket, !current);
  }

  /** Wait before the next attempt, at random: those who lost one server do not come back at once. */
  function wait(why) {
    const ceiling = SHORTEST_DELAY_MS * 2 ** failures;
    const jitter = clock.random() * Math.min(LONGEST_DELAY_MS - SHORTEST_DELAY_MS, ceiling);
    const delay = Math.max(SHORTEST_DELAY_MS + jitter, notBefore - clock.now());
    failures += 1;
    tell(page.navigator?.onLine === false ? "offline" : "waiting", why, delay);
    retry(delay, go);
  }

  function go() {
    if (isHidden()) tell("waiting", "hidden");
    else connect();
  }

  /** Ask for a sign of life; without one the connection is lost. */
  function probe() {
    if (!current || current._helloId) return;
    const socket = transmit(current, JSON.stringify(hooks.probe()));
    if (isSpoken) probing(PROBE_MS, () => lose(socket, "silent"));
  }

  function watchIdle(idleMs) {
    idle(Math.max(0, current._activeAt + idleMs - clock.now()), () => {
      if (clock.now() - current._activeAt >= idleMs) probe();
      watchIdle(idleMs);
    });
  }

  function hangUp() {
    attempt?.abort();
    attempt = undefined;
    for (const alarm of [retry, hello, linger]) alarm();
    for (const socket of [old, next, current]) retire(socket);
  }

  function stop(why) {
    isWanted = false;
    hangUp();
    tell("stopped", why ?? "");
    hooks.stopped();
  }

  /** Somebody looks, or the network is back, which makes it `isFresh`. */
  function wake(isFresh) {
    if (!isWanted) return;
    if (isFresh) failures = 0;
    if (current) {
      if (isFresh || clock.now() - current._activeAt > FRESH_MS) probe();
    } else if (clock.now() >= notBefore) {
      retry();
      go();
    }
  }

  return {
    start() {
      if (isWanted) return;
      isWanted = true;
      failures = notBefore = 0;
      advised = false;
      go();
    },
    stop,
    /** The page is put away, as for the back/forward cache: `resume` brings it back. */
    suspend() {
      if (!isWanted) return;
      hangUp();
      tell("waiting", "suspended");
    },
    resume: () => wake(true),
    wake,
    /** The network may be gone, or not: ask. */
    doubt() {
      if (!isSpoken || !current || current._helloId) return;
      isDoubted = true;
      tell("offline", "");
      probe();
    },
    /** Call back with those names of channels that no other user of this link needs. */
    unused: (names, then) => then(names),
    /** Send a text; returns the socket that took it. */
    send: (text) => current && transmit(current, text),
  };
}
