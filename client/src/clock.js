/** Time and chance, which a test hands in as `options.clock`. */
export const realClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (call, ms) => setTimeout(call, ms),
  clearTimeout: (id) => clearTimeout(id),
};

/** One timer: `alarm(ms, call)` sets it anew, `alarm()` stops it. */
export function makeAlarm(clock) {
  let id;
  return (ms, call) => {
    clock.clearTimeout(id);
    id = call && clock.setTimeout(call, ms);
  };
}

/** A random identifier; `crypto.randomUUID` exists on secure pages only, which `http://` in a LAN is not. */
export const makeUuid = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );
