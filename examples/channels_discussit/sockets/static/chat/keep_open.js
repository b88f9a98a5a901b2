/** One socket after the other: open it, wait for its end, wait a while, open the next. */

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10_000;
const SHORTEST_DELAY_MS = 300;
const STABLE_AFTER_MS = 5_000;
const ATTEMPT_TIMEOUT_MS = 10_000;
const MOST_WAITING = 50;

/**
 * Stay connected for as long as the page lives.
 *
 * `address(signal)` gives the URL of the next socket. `page` hears `onState(name)` ("connecting",
 * "connected" or "waiting"), `onOpen()`, `onFrame(frame)` and `onLost()`; the next attempt waits
 * for what `onLost` returns. Gives `send(frame)`, `isOpen` and `stop()`.
 */
export function keepOpen(address, page) {
  const connection = new Connection(address, page);
  connection.run();
  return connection;
}

class Connection {
  #address;
  #page;
  #socket = null;
  #waiting = [];
  #failures = 0;
  #isStopped = false;
  #isAway = false;
  #drop = () => {};
  #wake = () => {};

  constructor(address, page) {
    this.#address = address;
    this.#page = page;
    this.#watch();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a frame now, or as soon as there is a socket; false when it cannot be kept either. */
  send(frame) {
    if (this.#isStopped || this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push(JSON.stringify(frame));
    this.#flush();
    return true;
  }

  /** Close the socket and open no other. */
  stop() {
    this.#isStopped = true;
    this.#drop();
    this.#wake();
  }

  async run() {
    while (!this.#isStopped) {
      this.#page.onState("connecting");
      await this.#connectOnce().catch(() => {});
      if (this.#isStopped) break;
      this.#page.onState("waiting");
      if (!this.#isAway) await this.#page.onLost();
      if (!this.#isStopped) await this.#pause();
    }
  }

  /** Open one socket and return once it is gone. */
  async #connectOnce() {
    const deadline = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
    const socket = new WebSocket(await this.#address(deadline));
    const gone = new Promise((resolve) => { this.#drop = resolve; });
    deadline.onabort = () => socket.readyState === WebSocket.CONNECTING && this.#drop();
    // The page may have been left, or the connection stopped, while the address was made.
    if (this.#isAway || this.#isStopped) this.#drop();
    let stable;
    socket.onclose = () => this.#drop();
    socket.onmessage = (event) => this.#page.onFrame(JSON.parse(event.data));
    socket.onopen = () => {
      this.#socket = socket;
      // A server that accepts and drops at once must not be hammered.
      stable = setTimeout(() => { this.#failures = 0; }, STABLE_AFTER_MS);
      this.#page.onState("connected");
      this.#page.onOpen();
      this.#flush();
    };
    await gone;
    this.#socket = null;
    clearTimeout(stable);
    // Nothing of an abandoned socket may reach the page any more, not even its end.
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Closed during its handshake, a socket complains in the console.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
  }

  #flush() {
    if (!this.isOpen) return;
    for (const text of this.#waiting.splice(0)) this.#socket.send(text);
  }

  /** Wait with exponential back-off and full jitter; until it is back, if the page is away. */
  async #pause() {
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    const delay = Math.max(SHORTEST_DELAY_MS, Math.random() * ceiling);
    await new Promise((resolve) => {
      this.#wake = resolve;
      if (!this.#isAway) setTimeout(() => this.#isAway || resolve(), delay);
    });
  }

  #watch() {
    addEventListener("online", () => this.#wake());
    // A socket on a lost network looks open until it times out.
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    // In the back/forward cache a page lives on without its sockets.
    addEventListener("pagehide", () => {
      this.#isAway = true;
      this.#drop();
    });
    addEventListener("pageshow", () => {
      this.#isAway = false;
      this.#wake();
    });
  }
}
