import { makeUuid } from "./clock.js";
import { makeLink } from "./link.js";

const POLL_MS = 250;

/**
 * One connection for all tabs of a browser: the tab that has the lock holds the socket, and passes
 * on what comes and goes. The others have the same link to talk to, and one takes over when it goes.
 */
export function makeSharedLink(options, hooks) {
  const name = `websockets ${options.url} ${options.shared}`;
  let bus;
  let link;
  let place;
  let status;
  // The reply to a tab that comes is for that tab alone.
  const me = makeUuid();
  const polls = new Set();

  const post = (message) => bus?.postMessage(message);

  function tell(...told) {
    status = told;
    hooks.status(...told);
  }

  const leading = {
    ...hooks,
    frame(frame) {
      post({ frame });
      hooks.frame(frame);
    },
    ready() {
      post({ ready: hooks.client() });
      hooks.ready();
    },
    lost(socket, isAll) {
      if (isAll) post({ lost: true });
      hooks.lost(socket, isAll);
    },
    status(...told) {
      post({ status: told });
      tell(...told);
    },
  };

  /** Carry out what the others ask of the tab with the socket. */
  function serve({ send, wake, start: isStart, hello }) {
    if (send) link.send(send);
    if (wake !== undefined) link.wake(wake);
    if (isStart) link.start();
    if (!hello) return;
    // A page that is loaded now may do what one that was told to stay away may not.
    link.start();
    post({ to: hello, status, ready: status[0] === "open" && hooks.client() });
  }

  /** Take over what the tab with the socket tells the others. */
  function follow({ to = me, status: told = [], frame, lost, ready }) {
    if (to !== me) return;
    const [state, , retryIn] = told;
    if (state) tell(...told);
    // The tab with the socket may be hidden, and its timers late.
    if (retryIn) options.clock.setTimeout(() => link || post({ wake: false }), retryIn * 1000);
    if (frame !== undefined) hooks.frame(frame);
    if (lost) hooks.lost(bus, true);
    if (ready) hooks.ready(ready);
    if (state === "stopped") hooks.stopped();
  }

  /** Stand in line for the lock, and follow until it comes. */
  function stand() {
    const mine = new AbortController();
    place = mine;
    bus = new BroadcastChannel(name);
    bus.onmessage = ({ data }) => {
      const { poll, used } = data;
      if (poll) post({ used: poll.filter(hooks.needs) });
      if (used) for (const one of polls) for (const name of used) one.used.add(name);
      if (link) serve(data);
      else follow(data);
    };
    post({ hello: me });
    const lead = () => {
      if (place !== mine) return undefined;
      // The tab that had it may have crashed without a word.
      post({ lost: true });
      hooks.lost(bus, true);
      link = makeLink(options, leading);
      if (status?.[0] !== "stopped") link.start();
      return new Promise((resolve) => {
        mine.signal.onabort = resolve;
      });
    };
    // Rejected when it is given up before the lock came.
    options.page.navigator.locks.request(name, { signal: mine.signal }, lead).catch(() => {});
  }

  /** Leave the socket to another tab: a page that holds a lock is not kept for going back to. */
  function suspend() {
    if (!place) return;
    link?.suspend();
    link = undefined;
    place.abort();
    place = undefined;
    hooks.lost(bus, true);
    bus.close();
    bus = undefined;
  }

  return {
    start() {
      if (!place) stand();
      else if (link) link.start();
      else post({ start: true });
    },
    stop(why) {
      suspend();
      status = undefined;
      hooks.status("stopped", why);
      hooks.stopped();
    },
    suspend,
    resume: () => place || stand(),
    wake(isFresh) {
      if (link) link.wake(isFresh);
      else post({ wake: isFresh });
    },
    doubt: () => link?.doubt(),
    /** The others have a moment to say that they need one of these channels. */
    unused(names, then) {
      if (!names.length) return;
      const mine = { used: new Set() };
      polls.add(mine);
      post({ poll: names });
      options.clock.setTimeout(() => {
        polls.delete(mine);
        then(names.filter((name) => !mine.used.has(name) && !hooks.needs(name)));
      }, POLL_MS);
    },
    send(text) {
      if (link) return link.send(text);
      post({ send: text });
      return bus;
    },
  };
}
