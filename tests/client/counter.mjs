/**
 * A page that counts: `node counter.mjs URL SPEED`.
 *
 * It tells each state of its connection. Its standard input is the last number there will be: once
 * it has heard that, it tells all it has heard.
 */

const { connect } = await import(process.env.CLIENT ?? "../../client/src/index.js");

const [url, speed] = process.argv.slice(2);
const LONG_MS = 60_000;

// Ages of connections run at the gateway's speed; what depends on the machine's runs at its own.
const clock = {
  // A quarter of a second before the end of a short life would be late on a busy machine.
  random: () => Math.random() * 0.6,
  setTimeout: (call, ms) => setTimeout(call, ms < LONG_MS ? ms : ms / Number(speed)),
};
const heard = [];
const tell = (line) => console.log(JSON.stringify(line));

const socket = connect({ url, clock, channels: { counter: null } });
let last = Infinity;

function endWhenLast() {
  if (heard.includes(last)) {
    tell({ heard });
    process.exit();
  }
}

socket.channel("counter").on("message", (number) => {
  heard.push(number);
  endWhenLast();
});
socket.on("status", ({ state, reason }) => tell({ state, reason }));

process.stdin.on("data", (text) => {
  last = Number(text);
  endWhenLast();
});
