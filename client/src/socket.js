import { Channel } from "./channel.js";
import { makeUuid, realClock } from "./clock.js";
import { Emitter, failure } from "./events.js";
import { makeLink } from "./link.js";
import { isTooLarge, makeOutbox } from "./outbox.js";
import { makeSharedLink } from "./shared_link.js";

const RATE_LIMIT_MS = 1_000;

/** One connection to the server, and the channels on it. */
export class Socket extends Emitter {
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
