/** The list of frames that travelled, newest first. */

import { element, spoken } from "./element.js";

const ROWS = 50;
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const BYTES = new Intl.NumberFormat();

/** The actions of the wire protocol; all others are handlers of the view. */
const PROTOCOL = new Set(["hello", "subscribe", "unsubscribe", "publish"]);

export class Wire {
  #count = 0;
  /** Rows of frames the page sent and Django has not answered, by frame id. */
  #unanswered = new Map();

  constructor(list, counter) {
    this.list = list;
    this.counter = counter;
  }

  /** Make a class of sockets whose frames are shown here, for the client's option `WebSocket`. */
  watch(Socket) {
    const wire = this;
    return class extends Socket {
      constructor(url) {
        super(url);
        this.addEventListener("message", ({ data }) => wire.#showReceived(data));
      }

      send(text) {
        super.send(text);
        wire.#showSent(text);
      }
    };
  }

  #showSent(text) {
    const { action, id } = parse(text);
    const handler = this.#add("sent", action, "not answered yet", text);
    this.#unanswered.set(id, { action, handler, sentAt: performance.now() });
  }

  /** Show a frame that came in, and on the row it answers who took that one. */
  #showReceived(text) {
    const frame = parse(text);
    const question = frame.ws === "reply" ? this.#unanswered.get(frame.id) : undefined;
    this.#add("received", frame.ws ?? frame.type ?? "(no type)", senderOf(frame, question), text);
    if (!question) return;
    const elapsedMs = Math.round(performance.now() - question.sentAt);
    question.handler.textContent = `taken by ${nameOf(question.action)} · ${elapsedMs} ms`;
    this.#unanswered.delete(frame.id);
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
    return handler;
  }
}

/** Return the frame as an object; whatever is not JSON stands for itself. */
function parse(text) {
  try {
    const frame = JSON.parse(text);
    return frame !== null && typeof frame === "object" ? frame : { type: String(frame) };
  } catch {
    return { type: text };
  }
}

function nameOf(action) {
  return PROTOCOL.has(action) ? "the protocol" : `${action}()`;
}

function senderOf(frame, question) {
  if (question) return `${frame.ok ? "sent" : "refused"} by ${nameOf(question.action)}`;
  if (frame.ws === "message") return `published to ${frame.channel}`;
  if (frame.ws) return "sent by the protocol";
  // The gateway's own complaints carry the ids of the connection and the request it could not serve.
  return frame.connectionId ? "sent by the gateway" : "sent outside a handler";
}
