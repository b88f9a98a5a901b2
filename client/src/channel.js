import { makeAlarm } from "./clock.js";
import { Emitter } from "./events.js";
import { makeRoster } from "./roster.js";

// Messages out of order are mostly in order a moment later: API Gateway posts side by side.
const HOLE_MS = 500;
// The server takes one resume a second and channel.
const RESUME_MS = 1_100;
const MOST_HELD = 1_000;
const GRACE_SECONDS = 15;

/** A channel the page is in: its messages, in order and each once, and its members. */
export class Channel extends Emitter {
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
