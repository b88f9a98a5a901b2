/** The list of frames that travelled, newest first. */

import { element, spoken } from "./element.js";

const ROWS = 50;
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const BYTES = new Intl.NumberFormat();

export class Wire {
  #count = 0;
  /** Rows of frames the page sent and Django has not answered, by frame id. */
  #unanswered = new Map();

  constructor(list, counter) {
    this.list = list;
    this.counter = counter;
  }

  /** Show a frame the page sent. Which handler takes it is known once an answer names it. */
  showSent(text) {
    const frame = parse(text);
    const row = this.#add("sent", frame.action, "not answered yet", text);
    if (frame.id) this.#unanswered.set(frame.id, { ...row, sentAt: performance.now() });
  }

  /** Show a frame that came in, and on the row it answers the handler that took that one. */
  showReceived(text) {
    const frame = parse(text);
    this.#add("received", frame.type ?? "(no type)", senderOf(frame), text);
    const question = this.#unanswered.get(frame.reply_to);
    if (!question) return;
    const elapsedMs = Math.round(performance.now() - question.sentAt);
    question.handler.textContent = `taken by ${frame.handler}() · ${elapsedMs} ms`;
    this.#unanswered.delete(frame.reply_to);
  }

  #add(direction, name, handlerText, text) {
    const now = new Date();
    const size = new TextEncoder().encode(text).length;
    const handler = element("span", { className: "wire-handler" }, handlerText);
    const summary = element("summary", {},
      element("span", { className: "wire-arrow", ariaHidden: "true" }, direction === "sent" ? "↑" : "↓"),
      element("span", { className: "wire-name" }, spoken(`${direction} `), name),
      element("span", { className: "wire-size" }, `${BYTES.format(size)} B`),
      handler,
      element("time", { className: "wire-time", dateTime: now.toISOString() }, CLOCK.format(now)),
    );
    const payload = element("pre", {}, JSON.stringify(parse(text), null, 2));
    const row = element("li", { className: direction },
      element("details", { className: "wire-frame" }, summary, payload));
    this.list.prepend(row);
    while (this.list.children.length > ROWS) this.list.lastElementChild.remove();
    this.#count += 1;
    this.counter.textContent = BYTES.format(this.#count);
    return { row, handler };
  }
}

/** Return the frame as an object; whatever is not JSON stands for itself. */
export function parse(text) {
  try {
    const frame = JSON.parse(text);
    return frame !== null && typeof frame === "object" ? frame : { type: String(frame) };
  } catch {
    return { type: text };
  }
}

function senderOf(frame) {
  if (frame.handler) return `sent by ${frame.handler}()`;
  // The gateway's own complaints carry the ids of the connection and the request it could not serve.
  return frame.connectionId ? "sent by the gateway" : "sent outside a handler";
}
