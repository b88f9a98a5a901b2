/** The state of the connection, in words for the eye, in fewer words for the ear. */

const ENDED = "your visit has ended, reload the page.";

/** The client's reasons in the visitor's words; all others are sentences of the server. */
const WORDS = {
  lost: "",
  refused: "the connection was refused.",
  silent: "the server does not answer.",
  unreachable: "Django does not answer.",
  "Authentication required": ENDED,
  "session ended": ENDED,
  "Rate limit exceeded": "too many attempts in a minute.",
};

export class Status {
  #countdown = null;
  #isLost = false;

  constructor(label, announcement) {
    this.label = label;
    this.announcement = announcement;
  }

  /** Show a status of the socket, counting down while it waits. */
  show({ state, reason, retryIn }) {
    clearInterval(this.#countdown);
    const why = state === "offline" ? "this device has no network." : inWords(reason);
    // The line on the page is drawn from this: whole, searching or broken.
    document.body.dataset.line = state;
    if (state === "open") this.label.textContent = "Connected";
    else if (state === "connecting") this.label.textContent = "Connecting…";
    else if (retryIn) this.#countDown(Math.ceil(retryIn), why);
    else this.label.textContent = `Offline: ${why}`;
    if (state !== "connecting") this.#announce(state, why);
  }

  #countDown(seconds, why) {
    const say = (left) => {
      this.label.textContent = why
        ? `Offline: ${why} Trying again in ${left} s…` : `Reconnecting in ${left} s…`;
    };
    let left = seconds;
    say(left);
    this.#countdown = setInterval(() => say(left = Math.max(1, left - 1)), 1000);
  }

  /** Say once that the connection is lost and once that it is back, not every attempt between. */
  #announce(state, why) {
    if (state === "open") {
      this.announcement.textContent = this.#isLost ? "Connected again." : "Connected.";
      this.#isLost = false;
    } else if (state === "stopped" || !this.#isLost) {
      this.#isLost = true;
      this.announcement.textContent = `Connection lost. ${why || "Reconnecting."}`;
    }
  }
}

function inWords(reason) {
  const words = WORDS[reason] ?? reason.replace(/^status \d+$/, "Django answers with $&");
  return words.replace(/\w$/, "$&.");
}
