/** The state of the connection, in words for the eye, in fewer words for the ear. */

export class Status {
  #countdown = null;
  #isLost = false;

  constructor(label, announcement) {
    this.label = label;
    this.announcement = announcement;
  }

  /** Show a `state` of the connection, counting down while it waits. */
  show({ name, seconds, reason }) {
    clearInterval(this.#countdown);
    // The line on the page is drawn from this: whole, searching or broken.
    document.body.dataset.line = name;
    if (name === "waiting") this.#countDown(Math.ceil(seconds), reason);
    else this.label.textContent = name === "connected" ? "Connected" : "Connecting…";
    this.#announce(name, reason);
  }

  #countDown(seconds, reason) {
    const why = navigator.onLine ? reason : "this device has no network.";
    const say = (left) => {
      this.label.textContent = why
        ? `Offline: ${why} Trying again in ${left} s…` : `Reconnecting in ${left} s…`;
    };
    let left = seconds;
    say(left);
    this.#countdown = setInterval(() => say(left = Math.max(1, left - 1)), 1000);
  }

  /** Say once that the connection is lost and once that it is back, not every attempt between. */
  #announce(name, reason) {
    if (name === "waiting" && !this.#isLost) {
      this.#isLost = true;
      this.announcement.textContent = `Connection lost. ${reason || "Reconnecting."}`;
    } else if (name === "connected") {
      this.announcement.textContent = this.#isLost ? "Connected again." : "Connected.";
      this.#isLost = false;
    }
  }
}
