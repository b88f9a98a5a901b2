/**
 * The log: lines as they arrive, and all of them from Django after a time without a connection.
 *
 * A message that is stored while its page fetches the log is in what was fetched, and arrives as
 * well. Two equal lines may also be two messages, and only Django can tell: a line that is already
 * among those fetched has the log fetched once more.
 */

const NEAR_END_PX = 40;
const SPOKEN_FOR_MS = 20_000;
/** For so long after a fetch a line may still be on its way that came with it. */
const LATE_MS = 15_000;

export class Log {
  #area;
  #region;
  #fetchText;
  #fetched = { text: "", at: -Infinity };
  #isFetching = false;
  #arrived = [];
  #isWanted = false;

  /** `area` shows the log, `region` has new lines read aloud, `fetchText()` gives all or null. */
  constructor(area, region, fetchText) {
    this.#area = area;
    this.#region = region;
    this.#fetchText = fetchText;
  }

  /** Show a line that has arrived. */
  add(message) {
    const line = `${message.replace(/\r\n?/g, "\n")}\n`;
    if (this.#isFetching) return this.#arrived.push(line);
    const isFresh = performance.now() - this.#fetched.at < LATE_MS;
    if (isFresh && `\n${this.#fetched.text}`.includes(`\n${line}`)) return this.refresh();
    this.#show(this.#area.value + line);
    this.#announce(line);
  }

  /** Show everything that was said; lines that arrive meanwhile wait. */
  async refresh() {
    this.#isWanted = true;
    if (this.#isFetching) return;
    this.#isFetching = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      const text = await this.#fetchText();
      if (text !== null) {
        this.#fetched = { text, at: performance.now() };
        this.#show(text);
      }
    }
    this.#isFetching = false;
    for (const line of this.#arrived.splice(0)) this.add(line.slice(0, -1));
  }

  /** Go to the end. */
  follow() {
    this.#area.scrollTop = this.#area.scrollHeight;
  }

  #show(text) {
    const { scrollTop, scrollHeight, clientHeight } = this.#area;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.#area.value !== text) this.#area.value = text;
    if (wasAtEnd) this.follow();
    else this.#area.scrollTop = scrollTop;
  }

  #announce(line) {
    const spoken = Object.assign(document.createElement("p"), { textContent: line });
    this.#region.append(spoken);
    setTimeout(() => spoken.remove(), SPOKEN_FOR_MS);
  }
}
