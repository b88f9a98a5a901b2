/** Something whose events can be heard. */
export class Emitter {
  #listeners = new Map();

  /** Call `listener` at each event of this type; returns what ends that. */
  on(type, listener) {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type).add(listener);
    return () => this.off(type, listener);
  }

  off(type, listener) {
    this.#listeners.get(type)?.delete(listener);
  }

  /** Tell the listeners; false when there are none. */
  _emit(type, ...details) {
    const listeners = [...(this.#listeners.get(type) ?? [])];
    for (const listener of listeners) {
      try {
        listener(...details);
      } catch (error) {
        // A page's mistake is reported as such, and stops no other listener.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return listeners.length > 0;
  }
}

/** An error with a code of the wire protocol, or of the client itself. */
export const failure = (code, message = code) => Object.assign(new Error(message), { code });
