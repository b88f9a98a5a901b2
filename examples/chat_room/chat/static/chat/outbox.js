/** The messages that the room has not confirmed yet. Nothing leaves it unconfirmed. */

const STORAGE_KEY = "chat-room-outbox";

/**
 * An entry is {id, room, text, state, problem}. States: "waiting" (for a connection), "sending"
 * (on its way, or lost there) and "failed" (refused or unanswered; `problem` says which).
 */
export class Outbox {
  #entries = new Map();

  /** Entries survive a reload in `storage`; the server recognises one that it has seen before. */
  constructor(storage) {
    this.storage = storage;
    for (const entry of JSON.parse(storage.getItem(STORAGE_KEY) ?? "[]")) {
      this.#entries.set(entry.id, { ...entry, state: "waiting", problem: "" });
    }
  }

  add(room, text) {
    const entry = { id: crypto.randomUUID(), room, text, state: "waiting", problem: "" };
    this.#entries.set(entry.id, entry);
    this.#save();
    return entry;
  }

  /** Forget an entry, because it arrived or because its author discards it. */
  remove(id) {
    if (this.#entries.delete(id)) this.#save();
  }

  in(room) {
    return [...this.#entries.values()].filter((entry) => entry.room === room);
  }

  /**
   * The entry to send now, if any. One at a time: API Gateway calls handlers side by side, so of
   * two messages on their way the later one may be stored first.
   */
  next() {
    const entries = [...this.#entries.values()];
    if (entries.some((entry) => entry.state === "sending")) return null;
    return entries.find((entry) => entry.state === "waiting") ?? null;
  }

  /** Rooms other than `room` in which something still waits. */
  roomsBesides(room) {
    const rooms = [...this.#entries.values()].map((entry) => entry.room);
    return [...new Set(rooms)].filter((other) => other !== room);
  }

  #save() {
    this.storage.setItem(STORAGE_KEY, JSON.stringify([...this.#entries.values()]));
  }
}
