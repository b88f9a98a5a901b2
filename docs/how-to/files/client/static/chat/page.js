import { socket } from "../django_aws_api_gateway_websockets/websockets.js";

const at = (id) => document.getElementById(id);
let room = enter("room-lobby");

function enter(name) {
  const channel = socket.channel(name);
  channel.on("message", ({ from, text }) => show(`${from}: ${text}`));
  channel.on("error", ({ code }) => show(`${name}: ${code}`));
  return channel;
}

// Another channel: leave the one, be in the other; the socket stays open.
for (const button of document.querySelectorAll("[data-room]")) {
  button.addEventListener("click", () => {
    room.leave();
    room = enter(button.dataset.room);
  });
}

// A handler, and its reply. Nothing is lost while the connection is away: it waits.
at("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = event.target.elements.text.value;
  try {
    const { characters } = await socket.request("say", { room: room.name, text });
    show(`${characters} characters said`);
  } catch ({ code, message }) {
    show(`${code}: ${message}`);
  }
});

// Show how it is; load the state anew where something may have been missed.
socket.on("status", ({ state, reason, retryIn }) => {
  at("status").textContent = state === "waiting" ? `${reason}, again in ${retryIn} s` : state;
});

function show(text) {
  const line = document.createElement("li");
  line.textContent = text;
  at("log").append(line);
}
