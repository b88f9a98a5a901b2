/** The page of a group: its log, its members, and what the user says. */

import { connect } from "./connection.js";
import { Log } from "./log.js";
import { end, fetchPage, notify, showState } from "./page.js";

const RETRY_MS = 2_000;

const byId = (id) => document.getElementById(id);
const { username: me, channel } = document.body.dataset;
const input = byId("chat-message-input");
const members = byId("members");
const log = new Log(byId("chat-log"), byId("announcements"), fetchLog);

const arrivals = {
  text_message: ({ message }) => log.add(message),
  event_message({ message, status, user }) {
    log.add(message);
    if (status === "Join") showMember(user);
    if (status === "Left") byId(`members-${user}`)?.remove();
    if (status === "Left" && user === me) {
      end(connection, "You have left this group.", { url: "/", text: "All groups" });
    }
  },
  error: ({ message }) => notify(message),
};

const connection = connect(channel, {
  onState: showState,
  onFrame(frame) {
    if (Object.hasOwn(arrivals, frame.type)) arrivals[frame.type](frame);
  },
  // Between this page and its socket something may have been said, and all the more in an outage.
  onOpen: () => log.refresh(),
  onLost: () => fetchPage(connection),
});

/** Show who is in the group now, and return all that was said; null if Django does not say. */
async function fetchLog() {
  const page = await fetchPage(connection);
  if (!page) {
    // Without a socket the next one fetches the log, too.
    if (connection.isOpen) setTimeout(() => log.refresh(), RETRY_MS);
    return null;
  }
  members.replaceChildren(...page.getElementById("members").children);
  return page.getElementById("chat-log").value;
}

function showMember(user) {
  if (byId(`members-${user}`)) return;
  members.append(Object.assign(document.createElement("li"), {
    id: `members-${user}`,
    textContent: user,
    dir: "auto",
  }));
}

function say(event) {
  event.preventDefault();
  const text = input.value;
  input.focus();
  if (!text.trim()) return;
  // Refused here and not by `maxlength`, which would cut what is pasted without a word.
  const excess = [...text].length - Number(input.dataset.maxCharacters);
  if (excess > 0) return notify(`This message is ${excess} characters too long.`);
  if (!connection.send({ type: "text_message", author: me, message: text })) {
    return notify("Too much is waiting for a connection.");
  }
  notify("");
  input.value = "";
}

byId("composer").addEventListener("submit", say);
log.follow();
input.focus();
