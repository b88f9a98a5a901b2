/** Both pages use this: show how the connection is, and ask Django how things stand. */

const byId = (id) => document.getElementById(id);
const PATIENCE_MS = 8_000;
const STATES = { connecting: "Connecting…", connected: "Connected", waiting: "Reconnecting…" };

/** Nothing more will come: the user has left the group, or is logged out. */
class Ended extends Error {}

/** Show the state of the connection, in words and in the line that is drawn beside them. */
export function showState(name) {
  document.body.dataset.line = name;
  byId("connection-state").textContent = STATES[name] ?? "";
}

/** Say something to the user; "" takes it back. */
export function notify(text, link) {
  const parts = [text];
  if (link) {
    parts.push(" ", Object.assign(document.createElement("a"), { href: link.url, textContent: link.text }));
  }
  byId("notice").replaceChildren(...parts);
}

/** Say why nothing more will come, and switch off what is of no use any more. */
export function end(connection, text, link) {
  connection.stop();
  showState("ended");
  notify(text, link);
  for (const control of document.querySelectorAll("[data-live] :is(button, input)")) {
    control.disabled = true;
  }
}

/**
 * This page as Django renders it now, with everything that was missed; null when there is no
 * getting it. Ends the connection if this user may no longer have it.
 */
export async function fetchPage(connection) {
  try {
    return await fetchDocument();
  } catch (error) {
    if (error instanceof Ended) end(connection, error.message, error.link);
    return null;
  }
}

async function fetchDocument() {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(location.href, { redirect: "manual", cache: "no-store", signal });
  if (response.type === "opaqueredirect") throw ended("You are logged out.", location.href, "Log in");
  if (response.status === 403) throw ended("You are not a member of this group any more.", "/", "All groups");
  if (!response.ok) throw new Error(`Django answers with status ${response.status}.`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function ended(message, url, text) {
  return Object.assign(new Ended(message), { link: { url, text } });
}
