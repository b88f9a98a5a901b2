import { socket } from "/static/websockets.min.js";

const room = socket.channel("room-7");

function show(text) {
  const line = document.createElement("li");
  line.textContent = text;
  document.getElementById("log").append(line);
}

room.on("message", show);
room.on("reset", () => show("reset"));

window.members = [];
room.on("joined", ({ name }) => window.members.push(`${name} joined`));
room.on("left", ({ name }) => window.members.push(`${name} left`));

window.states = [];
socket.on("status", ({ state, reason }) => {
  window.states.push(reason ? `${state}: ${reason}` : state);
  document.getElementById("state").textContent = state;
});
window.addEventListener("pageshow", ({ persisted }) => {
  window.isFromCache = persisted;
});
// The test speaks to the socket by these.
Object.assign(window, { socket, room });
