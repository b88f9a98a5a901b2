/* django-aws-api-gateway-websockets, MIT; made from client/src by client/build.py */

/** Time and chance, which a test hands in as `options.clock`. */
const realClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (call, ms) => setTimeout(call, ms),
  clearTimeout: (id) => clearTimeout(id),
};

/** One timer: `alarm(ms, call)` sets it anew, `alarm()` stops it. */
function makeAlarm(clock) {
  let id;
  return (ms, call) => {
    clock.clearTimeout(id);
    id = call && clock.setTimeout(call, ms);
  };
}

/** A random identifier; `crypto.randomUUID` exists on secure pages only, which `http://` in a LAN is not. */
const makeUuid = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

/** Something whose events can be heard. */
class Emitter {
  #listeners = new Map();

  /** Call `listener` at each event of this type; returns what ends that. */
  on(type, listener) {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type).add(listener);
    return () => this.off(type, listener);
  }

  off(type, listener) {
    this.#listeners.get(type)?.delete(listener);
  }

  /** Tell the listeners; false when there are none. */
  _emit(type, ...details) {
    const listeners = [...(this.#listeners.get(type) ?? [])];
    for (const listener of listeners) {
      try {
        listener(...details);
      } catch (error) {
        // A page's mistake is reported as such, and stops no other listener.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return listeners.length > 0;
  }
}

/** An error with a code of the wire protocol, or of the client itself. */
const failure = (code, message = code) => Object.assign(new Error(message), { code });

/**
 * The members of a channel: a snapshot and the changes after it, joined by their version.
 *
 * `tell(type, detail)` gets `joined` and `left` with a member, and `presence` with all of them;
 * `ask()` is called when a change is missing. Somebody who reloads a page is away for a moment,
 * so a leave is told after `graceMs` only, unless the member is back.
 */
function makeRoster(clock, graceMs, tell, ask) {
  const members = new Map();
  const leaving = new Map();
  let early = [];
  let version;
  let count;
  let isFirst = true;

  const view = () => ({ members: [...members.values()], count: count ?? members.size });

  function join(member, isSilent) {
    leaving.get(member.id)?.();
    leaving.delete(member.id);
    const isNew = !members.has(member.id);
    members.set(member.id, member);
    if (isNew && !isSilent) tell("joined", member);
  }

  function leave({ id }) {
    if (!members.has(id) || leaving.has(id)) return;
    const alarm = makeAlarm(clock);
    leaving.set(id, alarm);
    alarm(graceMs, () => {
      const member = members.get(id);
      leaving.delete(id);
      members.delete(id);
      tell("left", member);
      tell("presence", view());
    });
  }

  /** Take what tells of everybody, the members or the number alone, or of who came and went. */
  function take(state) {
    const { joined = [], left = [] } = state;
    version = state.version;
    if (state.count >= 0) {
      // Joins and leaves are not known any more.
      count = state.count;
      close();
      members.clear();
      isFirst = true;
    } else if (state.members) {
      count = undefined;
      const ids = new Set(state.members.map((member) => member.id));
      for (const member of members.values()) if (!ids.has(member.id)) leave(member);
      state.members.forEach((member) => join(member, isFirst));
      isFirst = false;
    } else if (count >= 0) {
      // Without names of the others, a few are no list.
      count += joined.length - left.length;
    } else {
      joined.forEach((member) => join(member));
      left.forEach(leave);
    }
  }

  function close() {
    leaving.forEach((alarm) => alarm());
    leaving.clear();
  }

  function apply() {
    early = early.filter((change) => change.version > version);
    early.sort((one, other) => one.version - other.version);
    while (early[0]?.version === version + 1) take(early.shift());
    if (early.length) ask();
    tell("presence", view());
  }

  function snapshot(state) {
    if (state.version < version) return;
    take(state);
    apply();
  }

  return {
    view,
    /** Tell whether a change is known to be missing. */
    _hasHole: () => version !== undefined && early.length > 0,
    /** The connection is gone, so whatever snapshot comes next is newer. */
    _expire() {
      version = undefined;
      early = [];
    },
    /** While two sockets are open, the second one's snapshot can be older than the first one's changes. */
    _snapshot: snapshot,
    change(change) {
      // Members that did not fit into the reply come in a frame of their own.
      if (change.members) return snapshot(change);
      early.push(change);
      if (version !== undefined) apply();
    },
    close,
  };
}

// Messages out of order are mostly in order a moment later: API Gateway posts side by side.
const HOLE_MS = 500;
// The server takes one resume a second and channel.
const RESUME_MS = 1_100;
const MOST_HELD = 1_000;
const GRACE_SECONDS = 15;

/** A channel the page is in: its messages, in order and each once, and its members. */
class Channel extends Emitter {
  /** Last message taken of a channel with history: `[epoch, seq, tag]`. */
  position;
  #socket;
  #held = new Map();
  #head = 0;
  #clock;
  #asks = 0;
  #answeredAt = 0;
  #isAsking = false;
  #hole;
  #roster;

  /** @internal Get one with `socket.channel(name)`. */
  constructor(name, position, socket, clock, grace = GRACE_SECONDS) {
    super();
    this.name = name;
    this.position = position;
    this.#socket = socket;
    this.#clock = clock;
    this.#hole = makeAlarm(clock);
    this.#roster = makeRoster(
      clock,
      grace * 1000,
      (type, detail) => this._emit(type, detail),
      () => this.#askSoon(),
    );
    // True while the server is still to be told, on this connection, that the page is in.
    this._isDue = true;
  }

  /** The members who are in, as far as the channel tells. */
  get members() {
    return this.#roster.view().members;
  }

  /** The number of members; a large channel tells nothing else. */
  get count() {
    return this.#roster.view().count;
  }

  /** Publish to everybody in the channel, where the server lets clients do so. */
  publish(data) {
    return this.#socket.request("publish", { channel: this.name, data });
  }

  /** End the subscription; a later `socket.channel(name)` begins another one. */
  leave() {
    this.#socket._leave(this);
  }

  _close() {
    this.#stopAsking();
    this.#roster.close();
  }

  /** The connection is gone: the next one begins with all subscriptions anew. */
  _expire() {
    this.#stopAsking();
    this.#roster._expire();
  }

  /** Take what the server says to the subscription: `{ok, position, presence, error}`. */
  _answered({ ok, position, presence, error }) {
    if (!ok) {
      this._emit("error", error);
      return;
    }
    this.#answeredAt = this.#clock.now();
    if (position) {
      if (!this.position) this.#start(position);
      else if (position[0] !== this.position[0]) this._reset(position);
      // Positions are told before the messages up to them are there.
      else this.#head = Math.max(this.#head, position[1]);
      this.#drain();
    }
    if (presence) this.#roster._snapshot(presence);
    this._emit("subscribed", this);
  }

  _take(message) {
    const { seq } = message;
    if (!seq) {
      // An unnumbered message has no place in the log, so the position stays.
      this.#deliver(message);
      return;
    }
    if (seq <= this.position?.[1]) return;
    // A page that has slept through more than this asks for it again, in pieces.
    if (this.#held.size >= MOST_HELD) this.#held.clear();
    this.#held.set(seq, message);
    this.#head = Math.max(this.#head, seq);
    if (this.position) this.#drain();
  }

  _changed(change) {
    this.#roster.change(change);
  }

  /** Continuity cannot be proved: go on from here, and let the page load the state anew. */
  _reset(position) {
    const isHolding = this.#held.size > 0;
    this.#held.clear();
    this.#start(position);
    // Held messages may belong to the new log, or not: ask for those after the position.
    if (isHolding) this.#head += 1;
    this._emit("reset", position);
    this.#drain();
  }

  #start(position) {
    this.position = position;
    this.#head = position[1];
    // Held before there was a position: what came with it stays.
    for (const seq of this.#held.keys()) {
      if (seq <= this.#head) this.#held.delete(seq);
    }
    this.#head = Math.max(this.#head, ...this.#held.keys());
  }

  #drain() {
    for (;;) {
      const seq = this.position[1] + 1;
      const message = this.#held.get(seq);
      if (!message) break;
      this.#held.delete(seq);
      this.position = [this.position[0], seq, message.tag];
      this.#deliver(message);
    }
    if (this.#hasHole()) this.#askSoon();
    else this.#stopAsking();
  }

  #hasHole() {
    return this.#head > this.position?.[1] || this.#roster._hasHole();
  }

  #deliver(message) {
    if (!this._emit("message", message.data, message)) {
      this.#socket._emit("message", { ws: "message", channel: this.name, ...message });
    }
  }

  /** Subscribe once more from the position, which brings what is missing. */
  #askSoon() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const pause = this.#asks
      ? RESUME_MS * 2 ** Math.min(this.#asks, 5)
      : this.#answeredAt + RESUME_MS - this.#clock.now();
    const before = this.position?.[1];
    this.#hole(Math.max(HOLE_MS, pause), () => {
      this.#isAsking = false;
      if (!this.#hasHole()) return;
      // Nobody asks while it comes, piece by piece.
      if (before === this.position?.[1]) {
        this.#asks += 1;
        this.#socket._renew(this);
      }
      // The next frames of the server may be lost as well.
      this.#askSoon();
    });
  }

  #stopAsking() {
    this.#hole();
    this.#isAsking = false;
    this.#asks = 0;
  }
}

const SIGNED_OUT = "Authentication required";
const LONGEST_REASON = 200;

/** Why there is no token; `_isFinal` when another attempt would get none either. */
const refusal = (reason, _isFinal = false) => ({ reason, _isFinal });

/**
 * Ask Django for a token, which opens one socket once: `{token, refused}`.
 *
 * A browser hides why a handshake was refused, so the token it was refused with is told here, and
 * the response has the reason in `refused` where the server knows it.
 */
async function fetchToken(options, page, lastToken, signal) {
  const { csrfCookie = "csrftoken", csrfHeader = "X-CSRFToken", csrfToken } = options;
  // Read anew each time: signing in somewhere else on this site changes the cookie.
  const cookies = new URLSearchParams(page.document?.cookie?.replaceAll("; ", "&"));
  const response = await fetch(options.tokenUrl, {
    method: "POST",
    headers: { [csrfHeader]: cookies.get(csrfCookie) ?? csrfToken ?? "" },
    body: new URLSearchParams(lastToken && { refused: lastToken }),
    signal,
  }).catch(() => {
    throw refusal("unreachable");
  });
  // A login page in place of a token says that the login is over.
  if (response.redirected) throw refusal(SIGNED_OUT, true);
  if (response.ok) return response.json();
  const text = await response.text();
  const reason = text && text.length < LONGEST_REASON ? text : `status ${response.status}`;
  throw refusal(reason, response.status === 401 || text === SIGNED_OUT);
}

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
function makeLink(options, hooks) {
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

const MOST_QUEUED = 100;
// API Gateway closes a socket that sends a longer frame.
const MOST_BYTES = 32_768;
// A handler may take 29 seconds.
const REPLY_MS = 35_000;

const utf8 = new TextEncoder();

const isTooLarge = (text) => utf8.encode(text).length > MOST_BYTES;

/** The frames of the page: queued without a connection, and waited for where a reply is due. */
function makeOutbox(clock, transmit, full) {
  const waiting = new Map();
  let queue = [];
  let isOpen = false;

  function dispatch(entry) {
    entry._via = transmit(entry.text);
    const { id, settle } = entry;
    if (!settle) return;
    waiting.set(id, entry);
    clock.clearTimeout(entry.timer);
    entry.timer = clock.setTimeout(() => settleWith({ id, error: { code: "timeout" } }), REPLY_MS);
  }

  function settleWith({ ws, id, ok, error, ...reply }) {
    const entry = waiting.get(id);
    if (!entry) return;
    waiting.delete(id);
    clock.clearTimeout(entry.timer);
    entry.settle(ok ? undefined : failure(error?.code ?? "handler_failed", error?.message), reply);
  }

  return {
    /**
     * Send a frame, now or once there is a connection. `settle(error, reply)` is called with the
     * reply; with `isOnce` a frame whose reply was lost is sent again, since the server takes it once.
     */
    add(frame, settle, isOnce) {
      const text = JSON.stringify(frame);
      if (isTooLarge(text)) throw failure("too_large");
      const entry = { id: frame.id, text, settle, isOnce };
      if (isOpen) dispatch(entry);
      else if (queue.length < MOST_QUEUED) queue.push(entry);
      else {
        full(frame);
        throw failure("queue_full");
      }
    },
    settle: settleWith,
    open() {
      isOpen = true;
      queue.splice(0).forEach(dispatch);
    },
    /** A socket is gone, and what was under way on it. */
    lost(socket, isAll) {
      if (isAll) isOpen = false;
      const again = [];
      for (const entry of [...waiting.values()]) {
        if (entry._via !== socket) continue;
        if (entry.isOnce) {
          waiting.delete(entry.id);
          clock.clearTimeout(entry.timer);
          again.push(entry);
        } else settleWith({ id: entry.id, error: { code: "not_connected" } });
      }
      if (isOpen) again.forEach(dispatch);
      else queue = [...again, ...queue];
    },
    /** Nothing will be sent any more. */
    clear() {
      isOpen = false;
      for (const entry of queue.splice(0)) entry.settle?.(failure("not_connected"));
    },
  };
}

const POLL_MS = 250;

/**
 * One connection for all tabs of a browser: the tab that has the lock holds the socket, and passes
 * on what comes and goes. The others have the same link to talk to, and one takes over when it goes.
 */
function makeSharedLink(options, hooks) {
  const name = `websockets ${options.url} ${options.shared}`;
  let bus;
  let link;
  let place;
  let status;
  // The reply to a tab that comes is for that tab alone.
  const me = makeUuid();
  const polls = new Set();

  const post = (message) => bus?.postMessage(message);

  function tell(...told) {
    status = told;
    hooks.status(...told);
  }

  const leading = {
    ...hooks,
    frame(frame) {
      post({ frame });
      hooks.frame(frame);
    },
    ready() {
      post({ ready: hooks.client() });
      hooks.ready();
    },
    lost(socket, isAll) {
      if (isAll) post({ lost: true });
      hooks.lost(socket, isAll);
    },
    status(...told) {
      post({ status: told });
      tell(...told);
    },
  };

  /** Carry out what the others ask of the tab with the socket. */
  function serve({ send, wake, start: isStart, hello }) {
    if (send) link.send(send);
    if (wake !== undefined) link.wake(wake);
    if (isStart) link.start();
    if (!hello) return;
    // A page that is loaded now may do what one that was told to stay away may not.
    link.start();
    post({ to: hello, status, ready: status[0] === "open" && hooks.client() });
  }

  /** Take over what the tab with the socket tells the others. */
  function follow({ to = me, status: told = [], frame, lost, ready }) {
    if (to !== me) return;
    const [state, , retryIn] = told;
    if (state) tell(...told);
    // The tab with the socket may be hidden, and its timers late.
    if (retryIn) options.clock.setTimeout(() => link || post({ wake: false }), retryIn * 1000);
    if (frame !== undefined) hooks.frame(frame);
    if (lost) hooks.lost(bus, true);
    if (ready) hooks.ready(ready);
    if (state === "stopped") hooks.stopped();
  }

  /** Stand in line for the lock, and follow until it comes. */
  function stand() {
    const mine = new AbortController();
    place = mine;
    bus = new BroadcastChannel(name);
    bus.onmessage = ({ data }) => {
      const { poll, used } = data;
      if (poll) post({ used: poll.filter(hooks.needs) });
      if (used) for (const one of polls) for (const name of used) one.used.add(name);
      if (link) serve(data);
      else follow(data);
    };
    post({ hello: me });
    const lead = () => {
      if (place !== mine) return undefined;
      // The tab that had it may have crashed without a word.
      post({ lost: true });
      hooks.lost(bus, true);
      link = makeLink(options, leading);
      if (status?.[0] !== "stopped") link.start();
      return new Promise((resolve) => {
        mine.signal.onabort = resolve;
      });
    };
    // Rejected when it is given up before the lock came.
    options.page.navigator.locks.request(name, { signal: mine.signal }, lead).catch(() => {});
  }

  /** Leave the socket to another tab: a page that holds a lock is not kept for going back to. */
  function suspend() {
    if (!place) return;
    link?.suspend();
    link = undefined;
    place.abort();
    place = undefined;
    hooks.lost(bus, true);
    bus.close();
    bus = undefined;
  }

  return {
    start() {
      if (!place) stand();
      else if (link) link.start();
      else post({ start: true });
    },
    stop(why) {
      suspend();
      status = undefined;
      hooks.status("stopped", why);
      hooks.stopped();
    },
    suspend,
    resume: () => place || stand(),
    wake(isFresh) {
      if (link) link.wake(isFresh);
      else post({ wake: isFresh });
    },
    doubt: () => link?.doubt(),
    /** The others have a moment to say that they need one of these channels. */
    unused(names, then) {
      if (!names.length) return;
      const mine = { used: new Set() };
      polls.add(mine);
      post({ poll: names });
      options.clock.setTimeout(() => {
        polls.delete(mine);
        then(names.filter((name) => !mine.used.has(name) && !hooks.needs(name)));
      }, POLL_MS);
    },
    send(text) {
      if (link) return link.send(text);
      post({ send: text });
      return bus;
    },
  };
}

const RATE_LIMIT_MS = 1_000;

/** One connection to the server, and the channels on it. */
class Socket extends Emitter {
  /** The connection as last told by the event `status`: `{state, reason, retryIn}`. */
  status = { state: "connecting", reason: "" };
  #options;
  #clock;
  #link;
  #outbox;
  #key;
  #client = makeUuid();
  // Ids of shared tabs go over one connection.
  #prefix = "";
  #lastId = 0;
  #channels = new Map();
  // Names the server has this connection in, and those whose subscription is being changed. API
  // Gateway calls Django side by side, so a second change waits for the reply to the first.
  #joined = new Set();
  #left = new Set();
  #hello;
  #changing = new Set();
  #isOpen = false;
  #isSyncing = false;

  constructor(options) {
    super();
    const { page = globalThis, selectionKey = "action", shared, channels = {} } = options;
    this.#clock = { ...realClock, ...options.clock };
    this.#options = { ...options, page, clock: this.#clock };
    this.#key = selectionKey;
    const hooks = {
      greet: () => this.#greet(),
      probe: () => this.#frame("subscribe", { channels: {} }),
      _needsHello: () => this.#channels.size > 0,
      needs: (name) => this.#channels.has(name),
      client: () => this.#client,
      frame: (frame) => this.#take(frame),
      ready: (client) => this.#ready(client),
      lost: (socket, isAll) => this.#lost(socket, isAll),
      stopped: () => this.#outbox.clear(),
      status: (state, reason, retryIn) => {
        this.status = { state, reason, retryIn };
        this._emit("status", this.status);
      },
    };
    const isShared = (this.#options.shared = page.navigator?.locks && shared);
    if (isShared) this.#prefix = `${makeUuid().slice(0, 8)}-`;
    this.#link = (isShared ? makeSharedLink : makeLink)(this.#options, hooks);
    this.#outbox = makeOutbox(
      this.#clock,
      (text) => this.#link.send(text),
      (frame) => this._emit("full", frame),
    );
    for (const [name, position] of Object.entries(channels)) this.#add(name, position);
    this.#watch(page);
    this.connect();
  }

  /** Connect, also after the server has said to stay away. */
  connect() {
    if (this.status.state === "stopped") this.status = { state: "connecting", reason: "" };
    this.#link.start();
  }

  /** Close the connection, until `connect()`. */
  close() {
    this.#link.stop("closed by the page");
  }

  /** The channel of this name; the page is in it from now on. */
  channel(name) {
    const channel = this.#channels.get(name) ?? this.#add(name);
    this._sync();
    return channel;
  }

  /** Call a handler; resolves with what it returns, rejects with an error that has a `code`. */
  request(name, data, { once } = {}) {
    return new Promise((resolve, reject) => {
      const settle = (error, reply) => (error ? reject(error) : resolve("data" in reply ? reply.data : reply));
      this.#send(this.#frame(name, once ? { ...data, once } : data), settle, once);
    });
  }

  /** Send a frame of the application as it is; throws when the queue is full. */
  send(frame) {
    this.#send(frame);
  }

  #send(frame, settle, isOnce) {
    if (this.status.state === "stopped") throw failure("not_connected");
    this.#outbox.add(frame, settle, isOnce);
  }

  #add(name, position) {
    const { clock, grace } = this.#options;
    const channel = new Channel(name, position ?? undefined, this, clock, grace);
    this.#channels.set(name, channel);
    this.#left.delete(name);
    return channel;
  }

  _leave(channel) {
    const { name } = channel;
    if (this.#channels.get(name) !== channel) return;
    this.#channels.delete(name);
    this.#left.add(name);
    channel._close();
    this._sync();
  }

  #frame(name, members) {
    return { ...members, [this.#key]: name, id: this.#prefix + ++this.#lastId };
  }

  /** The first frame of a connection: it subscribes and resumes everything in one callback. */
  #greet(asked = [...this.#channels.values()]) {
    const members = { ws: 1, client: this.#client, channels: positionsOf(asked) };
    const frame = this.#frame("hello", members);
    // The others are due after the reply.
    if (isTooLarge(JSON.stringify(frame))) return this.#greet(asked.slice(0, asked.length >> 1));
    this.#hello = { id: frame.id, asked };
    // On the first connection, what comes before the reply is of these subscriptions.
    if (!this.#isOpen) this.#join(asked);
    return frame;
  }

  #greeted(reply) {
    const { asked } = this.#hello;
    this.#forget();
    this.#join(asked);
    this.#answered(asked, reply.error, reply);
  }

  #join(channels) {
    for (const { name } of channels) this.#joined.add(name);
  }

  /** This connection knows nothing of what was asked on another one. */
  #forget() {
    this.#joined.clear();
    this.#changing.clear();
    for (const channel of this.#channels.values()) channel._isDue = true;
  }

  #ready(client) {
    if (client) {
      // Another tab's connection, which has greeted without the channels of this one.
      this.#client = client;
      this.#forget();
    }
    this.#isOpen = true;
    this.#outbox.open();
    this._sync();
  }

  #lost(socket, isAll) {
    if (isAll) {
      this.#isOpen = false;
      this.#forget();
      for (const channel of this.#channels.values()) channel._expire();
    }
    this.#outbox.lost(socket, isAll);
  }

  /** Tell the server what has changed, once the page has said all of it. */
  _sync() {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    queueMicrotask(() => {
      this.#isSyncing = false;
      if (this.#isOpen) this.#tellChanges();
    });
  }

  #tellChanges() {
    const isFree = (name) => !this.#changing.has(name);
    const due = [...this.#channels.values()].filter(({ _isDue, name }) => _isDue && isFree(name));
    const left = [...this.#joined].filter((name) => isFree(name) && !this.#channels.has(name));
    for (const channel of due) channel._isDue = false;
    this.#join(due);
    this.#change("subscribe", due, positionsOf, (...answer) => this.#answered(...answer));
    this.#link.unused(left, (unused) => {
      const names = unused.filter((name) => isFree(name) && this.#joined.has(name));
      this.#change("unsubscribe", names.map((name) => ({ name })), namesOf, (gone) => {
        for (const { name } of gone) this.#joined.delete(name);
      });
    });
  }

  /** Ask for a change of these channels, in as many frames as it takes. */
  #change(action, channels, describe, then) {
    if (!channels.length) return;
    const frame = this.#frame(action, { channels: describe(channels) });
    const middle = channels.length >> 1;
    const isLarge = isTooLarge(JSON.stringify(frame));
    if (isLarge && middle) {
      for (const half of [channels.slice(0, middle), channels.slice(middle)]) {
        this.#change(action, half, describe, then);
      }
      return;
    }
    const settle = (error, reply) => {
      for (const { name } of channels) this.#changing.delete(name);
      then(channels, error, reply);
      this._sync();
    };
    for (const { name } of channels) this.#changing.add(name);
    if (isLarge) settle(failure("too_large"));
    else this.#outbox.add(frame, settle);
  }

  #answered(asked, error, reply) {
    // A channel may be named `constructor`, which any object has.
    const told = new Map(Object.entries(reply?.channels ?? {}));
    for (const channel of asked) {
      const { name } = channel;
      if (this.#channels.get(name) !== channel) continue;
      const result = told.get(name) ?? { ok: false, error };
      channel._isDue = false;
      const code = result.ok ? "" : result.error?.code;
      if (code === "rate_limited" || code === "timeout") {
        const pause = RATE_LIMIT_MS * (1 + this.#clock.random());
        this.#clock.setTimeout(() => this._renew(channel), pause);
      } else if (code !== "not_connected") channel._answered(result);
    }
  }

  /** Subscribe once more, from the position. */
  _renew(channel) {
    channel._isDue = true;
    this._sync();
  }

  #take(frame) {
    const kind = frame?.ws;
    const channel = this.#channels.get(frame?.channel);
    if (!kind) this._emit("message", frame);
    else if (kind === "reply") {
      if (frame.id === this.#hello?.id) this.#greeted(frame);
      else this.#outbox.settle(frame);
    } else if (kind === "message" || kind === "messages") this.#deliver(frame);
    else if (kind === "presence") channel?._changed(frame);
    else if (kind === "reset") channel?._reset(frame.position);
    else if (kind === "unsubscribed" && channel) {
      this._leave(channel);
      this.#joined.delete(frame.channel);
      channel._emit(kind, frame.reason);
    }
  }

  #deliver(frame) {
    const { channel: name, messages = [frame] } = frame;
    for (const message of messages) {
      const channel = this.#channels.get(name);
      // A message the server sent before it took the last subscription belongs to an older one.
      if (channel) {
        if (this.#joined.has(name)) channel._take(message);
      } else if (!this.#left.has(name) && !this.#options.shared) {
        this._emit("message", { ws: "message", channel: name, ...message });
      }
    }
  }

  #watch(page) {
    const { document } = page;
    let isAway = false;
    const on = (target, type, call) => target?.addEventListener?.(type, call);
    const leave = () => {
      // A page that is put away is told so, and frozen after that.
      if (isAway || this.status.state === "stopped") return;
      isAway = true;
      this.#link.suspend();
    };
    const comeBack = () => {
      // It may have been closed while it was away.
      if (isAway && this.status.state !== "stopped") this.#link.resume();
      isAway = false;
    };
    on(page, "online", () => this.#link.wake(true));
    on(page, "offline", () => this.#link.doubt());
    on(page, "pagehide", leave);
    on(page, "pageshow", comeBack);
    on(document, "freeze", leave);
    on(document, "resume", comeBack);
    on(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") this.#link.wake(false);
    });
  }
}

const positionsOf = (channels) =>
  Object.fromEntries(channels.map(({ name, position }) => [name, position ?? null]));

const namesOf = (channels) => channels.map(({ name }) => name);

/** Open a connection by hand: `connect({url, tokenUrl, channels, shared})`. */
const connect = (options) => new Socket(options);

let ofPage;

/** The options that `{% websocket_client %}` has written into the page. */
const written = () => JSON.parse(document.getElementById("websocket-client").textContent);

/** The page's own connection, which opens when it is first used. */
const socket = new Proxy(
  {},
  {
    get(_, name) {
      ofPage ??= connect(written());
      const member = ofPage[name];
      return typeof member === "function" ? member.bind(ofPage) : member;
    },
  },
);

export { Channel, Socket, connect, socket };
