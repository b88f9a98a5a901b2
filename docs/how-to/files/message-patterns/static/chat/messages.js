/** The reactions of a page to a message, by its type. */
const reactions = {
  toast: ({ text, level }) => add("toasts", text).classList.add(level),
  progress: ({ done, of }) => {
    const bar = document.getElementById("progress");
    [bar.value, bar.max] = [done, of];
  },
  changed: async ({ what }) => {
    const part = document.getElementById(what);
    if (part) part.textContent = await (await fetch(part.dataset.source)).text();
  },
};

function add(list, text) {
  const line = document.createElement("li");
  line.textContent = text;
  document.getElementById(list).append(line);
  return line;
}

export function react(message) {
  reactions[message.type]?.(message);
}
