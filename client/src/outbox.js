import { failure } from "./events.js";

const MOST_QUEUED = 100;
// API Gateway closes a socket that sends a longer frame.
const MOST_BYTES = 32_768;
// A handler may take 29 seconds.
const REPLY_MS = 35_000;

const utf8 = new TextEncoder();

export const isTooLarge = (text) => utf8.encode(text).length > MOST_BYTES;

/** The frames of the page: queued without a connection, and waited for where a reply is due. */
export function makeOutbox(clock, transmit, full) {
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
