/** The socket to the room: one loop that opens it, waits for its end, and opens the next. */

const SHORTEST_DELAY_MS = 300;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10_000;
const STABLE_AFTER_MS = 5_000;
const ATTEMPT_TIMEOUT_MS = 10_000;

/** What the token's address answers when it refuses, in the visitor's words. */
const REFUSALS = {
  "Authentication required": "your visit has ended, reload the page.",
  "Rate limit exceeded": "too many attempts in a minute.",
};

/**
 * Events: `frame` and `sent` ({text}), and `state` ({name, seconds, reason}) with the names
 * "connecting", "connected" and "waiting" (seconds until the next attempt, and why if known).
 */
export class Connection extends EventTarget {
  #failures = 0;
  #socket = null;
  #drop = () => {};
  #wake = () => {};

  /** `address()` gives the socket's URL without a token; `fetchToken(signal)` a fresh token. */
  constructor(address, fetchToken) {
    super();
    this.address = address;
    this.fetchToken = fetchToken;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a frame; false when there is no connection to send it on. */
  send(frame) {
    if (!this.isOpen) return false;
    const text = JSON.stringify(frame);
    this.#socket.send(text);
    this.#tell("sent", { text });
    return true;
  }

  /** Stay connected for as long as the page lives. Call once: this is the only loop there is. */
  async run() {
    this.#watchNetwork();
    for (;;) {
      this.#tell("state", { name: "connecting" });
      const reason = await this.#connectOnce().catch((error) => error.message);
      await this.#pause(reason);
    }
  }

  /** Open one socket and return, once it is gone, what the visitor can be told about it. */
  async #connectOnce() {
    const deadline = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
    // A token is good for one handshake only, so every attempt needs its own.
    const token = await this.fetchToken(deadline);
    const url = new URL(this.address());
    url.searchParams.set("ws_token", token);
    const socket = new WebSocket(url);
    const gone = new Promise((resolve) => { this.#drop = resolve; });
    deadline.onabort = () => socket.readyState === WebSocket.CONNECTING && this.#drop();
    socket.onclose = () => this.#drop();
    socket.onmessage = (event) => this.#tell("frame", { text: event.data });
    let stable;
    socket.onopen = () => {
      this.#socket = socket;
      // A server that accepts and drops at once must not be hammered, so an open socket alone
      // does not count as success.
      stable = setTimeout(() => { this.#failures = 0; }, STABLE_AFTER_MS);
      this.#tell("state", { name: "connected" });
    };
    await gone;
    this.#socket = null;
    clearTimeout(stable);
    // Nothing of an abandoned socket may reach the page any more, not even its end.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    return "";
  }

  /** Wait before the next attempt; less when the network or the visitor comes back. */
  async #pause(reason) {
    const delay = this.#nextDelay();
    this.#tell("state", { name: "waiting", seconds: delay / 1000, reason });
    await new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, delay);
    });
    this.#wake = () => {};
  }

  /**
   * Exponential back-off with full jitter: any time up to a ceiling that doubles. Pages that lost
   * the same server then come back spread out, not all at once.
   * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
   */
  #nextDelay() {
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    return Math.max(SHORTEST_DELAY_MS, Math.random() * ceiling);
  }

  #watchNetwork() {
    window.addEventListener("online", () => this.#wake());
    // A socket on a lost network looks open until it times out. Without a network this device may
    // still reach a gateway of its own, so the loop goes on trying all the same.
    window.addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wake();
    });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Make the function that asks Django, at `url`, for a token that admits one connection. */
export function tokenSource(url, csrfCookie) {
  return async (signal) => {
    // Read anew each time: signing in somewhere else on this site changes the cookie.
    const csrf = new RegExp(`(?:^|; )${csrfCookie}=([^;]*)`).exec(document.cookie)?.[1] ?? "";
    const request = { method: "POST", headers: { "X-CSRFToken": csrf }, signal };
    const response = await fetch(url, request).catch(() => {
      throw new Error("Django does not answer.");
    });
    if (response.ok) return (await response.json()).token;
    const answer = await response.text();
    throw new Error(REFUSALS[answer] ?? `Django answers with status ${response.status}.`);
  };
}
