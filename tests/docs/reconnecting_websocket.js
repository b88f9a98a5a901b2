/**
 * As much of the library `reconnecting-websocket` as the guide relies on: an address that is a
 * function, a pause that begins at `minReconnectionDelay`, and an end at `close()`.
 */
export default class ReconnectingWebSocket extends EventTarget {
  #address;
  #pause;
  #isClosed = false;
  #socket;

  constructor(address, protocols, { minReconnectionDelay }) {
    super();
    [this.#address, this.#pause] = [address, minReconnectionDelay];
    this.#connect();
  }

  async #connect() {
    this.#socket = new WebSocket(await this.#address());
    for (const type of ["open", "message", "close"]) {
      this.#socket.addEventListener(type, ({ data, code }) => {
        this.dispatchEvent(Object.assign(new Event(type), { data, code }));
        if (type === "close" && !this.#isClosed) setTimeout(() => this.#connect(), this.#pause);
      });
    }
  }

  send(text) {
    this.#socket.send(text);
  }

  close() {
    this.#isClosed = true;
    this.#socket.close();
  }
}
