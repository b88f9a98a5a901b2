/** The page: brings the socket, the conversation, the outbox and the wire together. */

import { connect } from "../django_aws_api_gateway_websockets/websockets.js";
import { Announcer } from "./announcer.js";
import { Follow } from "./follow.js";
import { Messages, paint } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Status } from "./status.js";
import { Wire } from "./wire.js";

const byId = (id) => document.getElementById(id);
const page = document.body.dataset;
const input = byId("message-input");
const picker = byId("room");

let me = page.username;
/** The channel of the room the visitor looks at, and whether its history is on the page. */
let room;
let isLoaded = false;

const status = new Status(byId("connection-state"), byId("state-announcement"));
const announcer = new Announcer(byId("announcements"));
const wire = new Wire(byId("wire"), byId("wire-count"));
const outbox = new Outbox(sessionStorage);
const messages = new Messages(byId("messages"), () => me);
const follow = new Follow(byId("log"), byId("latest"));
const options = JSON.parse(byId("websocket-client").textContent);
const socket = connect({ ...options, WebSocket: wire.watch(WebSocket) });

/* The visitor acts. */

function say() {
  const text = input.value.trim();
  if (!text) return complain("Message cannot be empty.");
  // Refused here and not by `maxlength`, which would cut what is pasted without a word.
  const excess = [...text].length - Number(page.maxMessageCharacters);
  if (excess > 0) return complain(`This message is ${excess} characters too long.`);
  complain("");
  input.value = "";
  fitInput();
  showEntry(outbox.add(room.name, text));
  follow.toEnd();
  flush();
}

function enterRoom() {
  room?.leave();
  room = socket.channel(picker.value);
  room.on("subscribed", fetchHistory);
  room.on("message", showMessage);
  room.on("presence", showPresence);
  room.on("error", ({ message }) => complain(message));
  isLoaded = false;
  messages.clear();
  byId("here").textContent = "";
  showRoom();
  retry();
}

function onKey(event) {
  // Enter also ends the composition of a Japanese or Chinese word; that one is not ours.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
}

function fitInput() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

/* Messages wait to go out. */

/** Send what waits, one after the other, as long as there is a connection. */
async function flush() {
  const entry = socket.status.state === "open" ? outbox.next() : null;
  if (!entry) return;
  const { id, room: name, text } = entry;
  update(entry, "sending");
  try {
    const message = await socket.request("chat_message", { room: name, message: text, frame_id: id });
    remove(entry);
    if (name === room.name) showMessage(message);
  } catch ({ code, message }) {
    // It may have arrived or not, and goes out again with the next connection: the server knows it
    // by its id.
    if (code === "not_connected") return update(entry, "waiting");
    update(entry, "failed", code === "timeout" ? "No answer came." : message);
  }
  flush();
}

/** Give what failed in this room another chance, and show and send what waits. */
function retry() {
  for (const entry of outbox.in(room.name)) {
    update(entry, entry.state === "failed" ? "waiting" : entry.state);
  }
  flush();
}

function update(entry, state, problem = "") {
  Object.assign(entry, { state, problem });
  showEntry(entry);
}

function remove(entry) {
  outbox.remove(entry.id);
  messages.removePending(entry.id);
  showEmptiness();
}

function showEntry(entry) {
  if (entry.room !== room.name) return;
  messages.showPending(entry, {
    "Try again": () => { update(entry, "waiting"); flush(); },
    Discard: () => remove(entry),
  });
  showEmptiness();
  follow.added();
}

/* Frames come in. */

/** Show what was said before now; after each lost connection that is what the page has missed. */
async function fetchHistory(channel) {
  try {
    const history = await socket.request("fetch_history", { room: channel.name });
    if (channel !== room) return;
    introduce(history.you);
    messages.showHistory(history.messages);
    isLoaded = true;
    showEmptiness();
    follow.toEnd();
  } catch ({ code, message }) {
    // The next connection subscribes again, and history is fetched then.
    if (code !== "not_connected") complain(message);
  }
}

function showMessage(message) {
  if (!messages.show(message)) return;
  showEmptiness();
  follow.added();
  if (message.username !== me) announcer.say(`${message.username}: ${message.message}`);
}

function showPresence({ count, members }) {
  byId("here").textContent = count > 1 ? `${count} here` : "only you here";
  byId("here").title = members.map(({ name }) => name).join(", ");
}

/** Show a frame of no channel: a notice to everybody, or the gateway's report of a failure. */
function showFrame(frame) {
  if (frame?.type === "system") {
    messages.showNotice(String(frame.message));
    showEmptiness();
    follow.added();
    announcer.say(`Notice: ${frame.message}`);
  } else if (frame?.connectionId) complain(`The gateway says: ${frame.message}`);
}

function showStatus(told) {
  status.show(told);
  showEmptiness();
  if (told.state === "open") retry();
}

/* The page speaks. */

function introduce(username) {
  me = username;
  byId("who").textContent = username;
  paint(byId("who"), username);
}

function showRoom() {
  const elsewhere = outbox.roomsBesides(room.name);
  complain(elsewhere.length ? `Something you wrote still waits in ${elsewhere.join(" and ")}.` : "");
  history.replaceState(null, "", `#${room.name}`);
  for (const place of document.querySelectorAll("[data-room]")) place.textContent = room.name;
  for (const link of document.querySelectorAll("[data-room-link]")) link.hash = room.name;
  announcer.title = `${room.name} · Chat room`;
}

function showEmptiness() {
  const isKnown = isLoaded && socket.status.state === "open";
  byId("empty").hidden = !isKnown || !messages.isEmpty;
}

function complain(text) {
  byId("notice").textContent = text;
}

function start() {
  const wanted = location.hash.slice(1);
  if ([...picker.options].some((option) => option.value === wanted)) picker.value = wanted;
  byId("wire-panel").open = matchMedia("(min-width: 64rem)").matches;
  introduce(me);
  enterRoom();
  picker.addEventListener("change", enterRoom);
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); say(); });
  input.addEventListener("keydown", onKey);
  input.addEventListener("input", () => { fitInput(); complain(""); });
  socket.on("message", showFrame);
  socket.on("status", showStatus);
  input.focus();
}

start();
