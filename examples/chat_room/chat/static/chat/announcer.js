/** News for those who are not looking: read aloud by a screen reader, counted in the tab's title. */

import { element } from "./element.js";

const SPOKEN_FOR_MS = 20_000;

export class Announcer {
  #title = document.title;
  #unread = 0;

  /** `region` is a live region that nobody sees. */
  constructor(region) {
    this.region = region;
    document.addEventListener("visibilitychange", () => {
      this.#unread = 0;
      this.#showTitle();
    });
  }

  set title(title) {
    this.#title = title;
    this.#showTitle();
  }

  say(text) {
    const line = element("p", {}, text);
    this.region.append(line);
    setTimeout(() => line.remove(), SPOKEN_FOR_MS);
    if (document.hidden) this.#unread += 1;
    this.#showTitle();
  }

  #showTitle() {
    document.title = this.#unread ? `(${this.#unread}) ${this.#title}` : this.#title;
  }
}
