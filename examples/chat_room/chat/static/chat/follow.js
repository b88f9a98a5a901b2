/** Keep the newest message in view, unless the visitor has scrolled up to read. */

const NEAR_END_PX = 60;

export class Follow {
  #isFollowing = true;

  /** `log` scrolls; `button` leads back to its end and shows only when there is news there. */
  constructor(log, button) {
    this.log = log;
    this.button = button;
    button.addEventListener("click", () => this.toEnd());
    log.addEventListener("scroll", () => this.#noticeScroll());
    // The log shrinks when the composer grows or a keyboard opens.
    new ResizeObserver(() => this.#isFollowing && this.toEnd()).observe(log);
  }

  /** Something was added at the end: go there, or say that there is something. */
  added() {
    if (this.#isFollowing) this.toEnd();
    else this.button.hidden = false;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.#isFollowing = true;
    this.button.hidden = true;
  }

  #noticeScroll() {
    const below = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    this.#isFollowing = below < NEAR_END_PX;
    if (this.#isFollowing) this.button.hidden = true;
  }
}
