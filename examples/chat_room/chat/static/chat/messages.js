/** The conversation: confirmed messages in the server's order, then what is still on its way. */

import { element, spoken } from "./element.js";

const GROUP_GAP_MS = 5 * 60_000;
const KEPT = 500;
/** Degrees on the colour circle; those near the line's own hue are left to the line. */
const HUES = { first: 85, step: 15, count: 20 };
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export class Messages {
  /** Shown messages and notices by key: the server's id, or a fraction above the last one. */
  #shown = new Map();
  #pending = new Map();

  /** `list` is the element that holds the messages; `me()` names the visitor. */
  constructor(list, me) {
    this.list = list;
    this.me = me;
  }

  get isEmpty() {
    return this.#shown.size + this.#pending.size === 0;
  }

  /** Show a message; false if it is on the page already. */
  show(message) {
    if (this.#shown.has(message.id)) return false;
    this.#place(message.id, this.#messageItem(message), message);
    this.#arrange();
    return true;
  }

  /** Show the room's latest messages, each once however often it arrives. */
  showHistory(messages) {
    const oldest = messages[0]?.id;
    // Too much was missed to know what lies between: better a shorter past than one with a hole.
    if (oldest && !this.#shown.has(oldest)) this.#forgetBefore(oldest);
    for (const message of messages) {
      if (!this.#shown.has(message.id)) this.#place(message.id, this.#messageItem(message), message);
    }
    this.#arrange();
  }

  /** Show a line that is nobody's message, below everything said so far. */
  showNotice(text) {
    const last = Math.max(0, ...this.#shown.keys());
    const notice = { created_at: new Date().toISOString() };
    this.#place(last + 0.001, element("li", { className: "notice" },
      element("p", { className: "day", hidden: true }), element("p", { className: "text" }, text)), notice);
    this.#arrange();
  }

  /** Show or update one of the visitor's own messages that the room has not confirmed. */
  showPending(entry, actions) {
    const item = this.#pendingItem(entry, actions);
    const old = this.#pending.get(entry.id);
    if (old) old.replaceWith(item);
    else this.list.append(item);
    this.#pending.set(entry.id, item);
    this.#arrange();
  }

  removePending(id) {
    this.#pending.get(id)?.remove();
    this.#pending.delete(id);
    this.#arrange();
  }

  clear() {
    this.#shown.clear();
    this.#pending.clear();
    this.list.replaceChildren();
  }

  #place(key, item, message) {
    const later = [...this.#shown.keys()].filter((other) => other > key);
    const before = later.length ? this.#shown.get(Math.min(...later)).item : this.#firstPending();
    this.list.insertBefore(item, before);
    this.#shown.set(key, { item, username: message.username, at: new Date(message.created_at) });
  }

  #firstPending() {
    return this.#pending.values().next().value ?? null;
  }

  #forgetBefore(key) {
    for (const [other, { item }] of this.#shown) {
      if (other >= key) continue;
      item.remove();
      this.#shown.delete(other);
    }
  }

  /** Decide for every message what it shares with the one above: its day, speaker, minute. */
  #arrange() {
    const keys = [...this.#shown.keys()].sort((a, b) => a - b);
    if (keys.length > KEPT) this.#forgetBefore(keys[keys.length - KEPT]);
    let above = null;
    for (const key of keys.slice(-KEPT)) {
      const { item, username, at } = this.#shown.get(key);
      const sameDay = above?.at.toDateString() === at.toDateString();
      const day = item.querySelector(".day");
      day.hidden = sameDay;
      day.textContent = sameDay ? "" : nameOfDay(at);
      const continues = sameDay && username && above.username === username
        && at - above.at < GROUP_GAP_MS;
      item.classList.toggle("continues", Boolean(continues));
      item.classList.toggle("same-minute", Boolean(continues) && clock(above.at) === clock(at));
      above = { username, at };
    }
    for (const item of this.#pending.values()) {
      item.classList.toggle("continues", above?.username === this.me());
      above = { username: this.me() };
    }
  }

  #messageItem({ username, message, created_at: createdAt }) {
    const at = new Date(createdAt);
    const time = element("time", { className: "time", dateTime: createdAt, title: at.toLocaleString() },
      clock(at));
    return this.#item("message", username, message, time);
  }

  #pendingItem(entry, actions) {
    const words = { waiting: "waiting", sending: "sending", failed: "not sent" };
    const state = element("span", { className: "time" }, words[entry.state]);
    const item = this.#item(`message pending ${entry.state}`, this.me(), entry.text, state);
    if (entry.state === "failed") {
      const buttons = Object.entries(actions).map(
        ([label, onclick]) => element("button", { type: "button", onclick }, label));
      item.append(element("p", { className: "actions" }, entry.problem, ...buttons));
    }
    return item;
  }

  #item(className, username, text, time) {
    const item = element("li", { className },
      element("p", { className: "day", hidden: true }),
      element("p", { className: "gutter" },
        element("span", { className: "name" }, username), spoken(": ")),
      element("p", { className: "text" }, text),
      time);
    item.classList.toggle("own", username === this.me());
    paint(item, username);
    return item;
  }
}

/** Give `target` the colour of `username`: a hue of the name's own; room.css adds the rest. */
export function paint(target, username) {
  let hash = 0x811c9dc5;
  for (const character of username) {
    hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  }
  const step = (hash >>> 8) % HUES.count;
  target.style.setProperty("--hue", String(HUES.first + step * HUES.step));
}

function clock(at) {
  return MINUTE.format(at);
}

function nameOfDay(at) {
  const today = new Date();
  if (at.toDateString() === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  return at.toDateString() === today.toDateString() ? "Yesterday" : DAY.format(at);
}
