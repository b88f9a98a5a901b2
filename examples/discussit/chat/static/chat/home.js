/** The home page: join a group, leave it, open it. */

import { connect } from "./connection.js";
import { fetchPage, notify, showState } from "./page.js";

const ANSWER_WITHIN_MS = 8_000;
const LABELS = { join: "Join", leave: "Leave", open: "Open" };

const groups = document.getElementById("groups");
let hasBeenOpen = false;

const arrivals = {
  join_group: ({ data }) => showOptions(data, ["leave", "open"]),
  leave_group: ({ data }) => showOptions(data, ["join"]),
  error({ message }) {
    notify(message);
    enable(groups);
  },
};

const connection = connect("home", {
  onState: showState,
  onFrame(frame) {
    if (Object.hasOwn(arrivals, frame.type)) arrivals[frame.type](frame);
  },
  onOpen() {
    if (hasBeenOpen) refresh();
    hasBeenOpen = true;
  },
  // Finds out if this user is logged out by now.
  onLost: () => fetchPage(connection),
});

/** Show the groups as they are, after a time in which nothing was heard. */
async function refresh() {
  const page = await fetchPage(connection);
  if (page) groups.replaceChildren(...page.getElementById("groups").children);
}

// One listener for all buttons, those to come included.
groups.addEventListener("click", (event) => {
  const button = event.target.closest(".group_option");
  if (!button) return;
  const [action, uuid] = button.value.split(" ");
  const group = button.closest(".group");
  if (action === "open_group") return location.assign(group.dataset.url);
  notify("");
  // A second click says nothing new.
  for (const option of group.querySelectorAll(".group_option")) option.disabled = true;
  connection.send({ type: action, data: uuid });
  setTimeout(() => enable(group), ANSWER_WITHIN_MS);
});

function enable(part) {
  for (const option of part.querySelectorAll(".group_option")) option.disabled = false;
}

/** Give a group the buttons for these actions, and those who use the keyboard their place. */
function showOptions(uuid, actions) {
  const group = document.getElementById(uuid);
  if (!group) return;
  const options = group.querySelector(".group-options");
  const hadFocus = options.contains(document.activeElement) || document.activeElement === document.body;
  const name = group.querySelector(".group-name").id;
  options.replaceChildren(...actions.map((action) => {
    const button = Object.assign(document.createElement("button"), {
      id: `${action}-${uuid}`,
      className: "group_option",
      type: "button",
      value: `${action}_group ${uuid}`,
      textContent: LABELS[action],
    });
    button.setAttribute("aria-describedby", name);
    return button;
  }));
  // A button that is disabled loses the focus; it goes on to what took its place.
  if (hadFocus) options.lastElementChild.focus();
}
