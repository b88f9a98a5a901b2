import assert from "node:assert/strict";

const REAL_MS = 10_000;

/** Let sockets and promises do what they are about to do. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Wait until a claim is true. */
export async function until(claim) {
  const deadline = Date.now() + REAL_MS;
  while (!claim()) {
    assert.ok(Date.now() < deadline, `never true: ${claim}`);
    await turn();
  }
}

/** A clock that stands still until a test moves it. */
export class HandMovedClock {
  #now = 1_000_000;
  #timers = new Map();
  #lastId = 0;
  /** What chance gives next, between 0 and 1. */
  chance = 0.5;

  now = () => this.#now;
  random = () => this.chance;

  setTimeout = (call, ms) => {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { call, at: this.#now + ms });
    return this.#lastId;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  /** Move on, and run what is due, each at its time. */
  async advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      const [id, timer] = due.sort((one, other) => one[1].at - other[1].at)[0] ?? [];
      if (!timer) break;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, timer.at);
      timer.call();
      await turn();
    }
    this.#now = end;
    await turn();
  }

  /** Sleep: time has passed, and what is due has not run yet. */
  sleep(ms) {
    this.#now += ms;
  }
}
