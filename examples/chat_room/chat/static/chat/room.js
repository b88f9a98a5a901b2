/** The page: brings connection, conversation, outbox and wire together. */

import { Announcer } from "./announcer.js";
import { Connection, tokenSource } from "./connection.js";
import { Follow } from "./follow.js";
import { Messages, paint } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Status } from "./status.js";
import { Wire, parse } from "./wire.js";

const ANSWER_WITHIN_MS = 8_000;

const byId = (id) => document.getElementById(id);
const page = document.body.dataset;
const input = byId("message-input");
const picker = byId("room");

let me = page.username;
/** The room the server says this connection is in; null while that is not known. */
let joined = null;
let lastJoined = picker.value;
let historyTimer;

const status = new Status(byId("connection-state"), byId("state-announcement"));
const announcer = new Announcer(byId("announcements"));
const wire = new Wire(byId("wire"), byId("wire-count"));
const outbox = new Outbox(sessionStorage);
const messages = new Messages(byId("messages"), () => me);
const follow = new Follow(byId("log"), byId("latest"));
const connection = new Connection(socketAddress, tokenSource(page.tokenUrl, page.csrfCookie));

function socketAddress() {
  const url = new URL(page.socketUrl);
  url.searchParams.set("channel", picker.value);
  return url;
}

function askHistory() {
  ask("fetch_history");
  expectHistory();
}

/** Ask again if no history has come by then; without it nothing can be sent. */
function expectHistory() {
  clearTimeout(historyTimer);
  historyTimer = setTimeout(() => joined ?? askHistory(), ANSWER_WITHIN_MS);
}

function ask(action, content = {}) {
  connection.send({ action, id: crypto.randomUUID(), ...content });
}

/* What the visitor does. */

function say() {
  const text = input.value.trim();
  if (!text) return complain("Message cannot be empty.");
  // Refused here and not by `maxlength`, which would cut what is pasted without a word.
  const excess = [...text].length - Number(page.maxMessageCharacters);
  if (excess > 0) return complain(`This message is ${excess} characters too long.`);
  complain("");
  input.value = "";
  fitInput();
  showEntry(outbox.add(picker.value, text));
  follow.toEnd();
  flush();
}

function enterRoom() {
  joined = null;
  messages.clear();
  showRoom();
  for (const entry of outbox.in(picker.value)) retry(entry);
  // Without a connection there is nothing to tell: the next one opens in this room.
  ask("change_channel", { channel: picker.value });
  expectHistory();
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

/* What waits to go out. */

/** Send what waits for this room, as far as there is a connection in it. */
function flush() {
  const entry = joined === picker.value ? outbox.next(joined) : null;
  if (!entry) return;
  const { id, room, text } = entry;
  if (!connection.send({ action: "chat_message", id, room, message: text })) return;
  const sentAt = performance.now();
  Object.assign(entry, { state: "sending", sentAt });
  showEntry(entry);
  setTimeout(() => {
    if (outbox.get(id) === entry && entry.state === "sending" && entry.sentAt === sentAt) {
      fail(entry, "No answer came.");
    }
  }, ANSWER_WITHIN_MS);
}

/** Send an entry anew. Harmless even if it arrived before: the server knows it by its id. */
function retry(entry) {
  entry.state = "waiting";
  showEntry(entry);
  flush();
}

function fail(entry, problem) {
  entry.state = "failed";
  entry.problem = problem;
  showEntry(entry);
  flush();
}

function discard(entry) {
  outbox.remove(entry.id);
  messages.removePending(entry.id);
  showEmptiness();
  flush();
}

function showEntry(entry) {
  if (entry.room !== picker.value) return;
  messages.showPending(entry, {
    "Try again": () => retry(entry),
    Discard: () => discard(entry),
  });
  showEmptiness();
  follow.added();
}

/* What comes in. */

const arrivals = {
  history(frame) {
    if (frame.room !== picker.value) return ask("change_channel", { channel: picker.value });
    joined = lastJoined = frame.room;
    introduce(frame.you);
    messages.showHistory(frame.messages);
    follow.toEnd();
    for (const entry of outbox.in(joined)) retry(entry);
    showEmptiness();
  },

  channel_changed(frame) {
    if (frame.channel === picker.value) askHistory();
  },

  chat_message(frame) {
    if (outbox.get(frame.reply_to)) discard(outbox.get(frame.reply_to));
    if (frame.room !== picker.value || !messages.show(frame)) return;
    showEmptiness();
    follow.added();
    if (frame.username !== me) announcer.say(`${frame.username}: ${frame.message}`);
  },

  system(frame) {
    messages.showNotice(String(frame.message));
    showEmptiness();
    follow.added();
    announcer.say(`Notice: ${frame.message}`);
  },

  error(frame) {
    const entry = outbox.get(frame.reply_to);
    if (entry) return fail(entry, frame.error);
    if (frame.handler === "change_channel") {
      picker.value = lastJoined;
      enterRoom();
    }
    complain(frame.error);
  },
};

function receive({ detail: { text } }) {
  wire.showReceived(text);
  const frame = parse(text);
  if (Object.hasOwn(arrivals, frame.type)) arrivals[frame.type](frame);
  // The gateway's own report that a handler could not be reached or failed; it names no frame.
  else if (frame.connectionId) complain(`The gateway says: ${frame.message}`);
}

function onState({ detail }) {
  status.show(detail);
  joined = null;
  showEmptiness();
  if (detail.name === "connected") return askHistory();
  // Whether these arrived is unknown now: they go out again with the next connection.
  for (const entry of outbox.in(picker.value)) {
    if (entry.state === "sending") retry(entry);
  }
}

/* What the page says. */

function introduce(username) {
  me = username;
  byId("who").textContent = username;
  paint(byId("who"), username);
}

function showRoom() {
  const elsewhere = outbox.roomsBesides(picker.value);
  complain(elsewhere.length ? `Something you wrote still waits in ${elsewhere.join(" and ")}.` : "");
  history.replaceState(null, "", `#${picker.value}`);
  for (const place of document.querySelectorAll("[data-room]")) place.textContent = picker.value;
  for (const link of document.querySelectorAll("[data-room-link]")) link.hash = picker.value;
  announcer.title = `${picker.value} · Chat room`;
}

function showEmptiness() {
  byId("empty").hidden = joined === null || !messages.isEmpty;
}

function complain(text) {
  byId("notice").textContent = text;
}

function start() {
  const wanted = location.hash.slice(1);
  if ([...picker.options].some((option) => option.value === wanted)) picker.value = wanted;
  byId("wire-panel").open = matchMedia("(min-width: 64rem)").matches;
  introduce(me);
  showRoom();
  for (const entry of outbox.in(picker.value)) showEntry(entry);
  picker.addEventListener("change", enterRoom);
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); say(); });
  input.addEventListener("keydown", onKey);
  input.addEventListener("input", () => { fitInput(); complain(""); });
  connection.addEventListener("sent", ({ detail }) => wire.showSent(detail.text));
  connection.addEventListener("frame", receive);
  connection.addEventListener("state", onState);
  input.focus();
  connection.run();
}

start();
