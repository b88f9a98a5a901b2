// Shows what the gateway tells. Everything from outside becomes text, never markup.

const MOST_ROWS = 500;
const KINDS = {
  in: "← in",
  out: "→ out",
  message: "route",
  connect: "connect",
  disconnect: "disconnect",
  refused: "refused",
  call: "call",
};

const at = (id) => document.getElementById(id);
let chosen = "";
let isPaused = false;
let rows = [];
let weather = "";

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function idButton(id) {
  const button = make("button", "id", id);
  button.type = "button";
  button.title = `Show ${id} alone`;
  button.addEventListener("click", () => choose(chosen === id ? "" : id));
  return button;
}

function choose(id) {
  at("filter").value = id;
  mark(id);
  sift();
}

function mark(id) {
  chosen = id;
  if ([...at("frame-connection").options].some((one) => one.value === id)) {
    at("frame-connection").value = id;
  }
  for (const row of at("connections").children) {
    row.toggleAttribute("data-chosen", row.dataset.id === id);
  }
}

// Traffic

function isBad(item) {
  if (item.error) return true;
  if (item.backend >= 400) return true;
  if (item.kind === "disconnect") return ![1000, 1001, 1005].includes(item.status) && item.status < 3000;
  return item.status >= 400;
}

function noteOn(item) {
  const notes = [];
  if (item.route && item.kind === "message") notes.push(item.route);
  if (item.status && item.status !== 101) notes.push(item.status);
  // API Gateway takes a message whatever the backend makes of it.
  if (item.backend >= 300 && item.backend !== item.status) notes.push(`backend ${item.backend}`);
  if (item.latency !== null && item.latency !== undefined) notes.push(`${item.latency} ms`);
  if (item.bytes > 2000) notes.push(`${item.bytes} bytes, cut`);
  if (item.error) notes.push(item.error);
  return notes.join(" · ");
}

function rowFor(item) {
  const row = make("li");
  row.dataset.kind = item.kind;
  row.toggleAttribute("data-bad", isBad(item));
  const moment = new Date(item.at);
  const time = make("time", "", moment.toLocaleTimeString([], { hour12: false }));
  time.dateTime = moment.toISOString();
  const text = make("div", "text", item.text || "");
  const note = noteOn(item);
  if (note) text.append(item.text ? "  " : "", make("span", "note", note));
  row.append(time, make("span", "kind", KINDS[item.kind] || item.kind));
  row.append(item.connection ? idButton(item.connection) : make("span"), text);
  row.words = `${item.kind} ${item.connection} ${item.text || ""} ${note}`.toLowerCase();
  return row;
}

function sift() {
  const wanted = at("filter").value.toLowerCase();
  for (const row of rows) row.hidden = Boolean(wanted) && !(row.words || "").includes(wanted);
}

function add(happenings) {
  if (isPaused) return;
  const list = at("traffic");
  const news = happenings.items.map(rowFor);
  if (happenings.skipped > 0) {
    const gap = make("li");
    gap.append(make("span", "skipped", `${happenings.skipped} more, too fast to show`));
    news.unshift(gap);
  }
  // Newest first: what just happened is where the eye already is.
  list.prepend(...news.reverse());
  rows = [...news, ...rows];
  for (const row of rows.splice(MOST_ROWS)) row.remove();
  at("traffic-empty").hidden = rows.length > 0;
  sift();
}

// State of the gateway

function age(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function showConnections(state) {
  const list = at("connections");
  const old = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const wanted = state.connections.map((one) => {
    let row = old.get(one.id);
    if (!row) {
      row = make("li");
      row.dataset.id = one.id;
      row.append(idButton(one.id), make("span", "age"), make("span", "who"), make("span", "where"));
      row.toggleAttribute("data-chosen", one.id === chosen);
    }
    row.querySelector(".age").textContent = age(state.now - one.since);
    const names = "user" in one ? [one.user || "anonymous", one.channel && `#${one.channel}`] : [];
    row.querySelector(".who").textContent = names.filter(Boolean).join(" ");
    const idle = age(state.now - one.active);
    const waiting = one.waiting ? ` · ${one.waiting} bytes unread` : "";
    row.querySelector(".where").textContent =
      `${one.api}/${one.stage} · ${one.ip} · idle ${idle}${waiting}`;
    return row;
  });
  const isSame = wanted.length === list.children.length && wanted.every((row, n) => row === list.children[n]);
  if (!isSame) list.replaceChildren(...wanted);
  offerConnections(wanted.map((row) => row.dataset.id));
  const more = state.totals.connections - wanted.length;
  at("connections-empty").hidden = wanted.length > 0;
  at("connections-more").hidden = more <= 0;
  at("connections-more").textContent = `and ${more} opened earlier`;
}

function offerConnections(ids) {
  const choice = at("frame-connection");
  const words = ids.join(" ");
  if (choice.words === words) return;
  choice.words = words;
  const before = choice.value;
  choice.replaceChildren(...ids.map((id) => new Option(id)));
  if (ids.includes(before)) choice.value = before;
  at("frame-form").hidden = ids.length === 0;
}

async function sendFrame() {
  const response = await fetch("frames", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      connection: at("frame-connection").value,
      direction: at("frame-direction").value,
      text: at("frame-text").value,
    }),
  });
  at("frame-problem").textContent = response.ok ? "" : (await response.json()).message;
}

function addressOf(stage) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/_aws/execute-api/${stage.api}/${stage.name}`;
}

function copyButton(text, shown) {
  const button = make("button", "copy", "Copy");
  button.type = "button";
  button.setAttribute("aria-label", `Copy ${text}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Without https the clipboard is closed to pages; the selected text can be copied by hand.
      shown.select();
      button.textContent = "Selected";
    }
  });
  return button;
}

function showStages(stages) {
  const words = JSON.stringify(stages);
  if (at("stages").words === words) return;
  at("stages").words = words;
  at("stages-empty").hidden = stages.length > 0;
  at("stages").replaceChildren(...stages.map((stage) => {
    const block = make("div");
    const list = make("ul");
    for (const route of stage.routes) {
      const row = make("li");
      row.append(make("span", "key", route.key));
      if (route.replies) row.append(make("span", "tag", "replies"));
      row.append(make("span", "target", route.target || "no target"));
      list.append(row);
    }
    if (!stage.routes.length) list.append(make("li", "empty", "Nothing is deployed."));
    const address = make("input", "address");
    address.readOnly = true;
    address.value = addressOf(stage);
    address.setAttribute("aria-label", `Address of ${stage.api}/${stage.name}`);
    const line = make("p", "line");
    line.append(address, copyButton(address.value, address));
    block.append(make("h3", "", `${stage.api}/${stage.name}`), line, list);
    return block;
  }));
}

function showState(state) {
  for (const [name, number] of Object.entries(state.totals)) {
    const cell = at(`total-${name}`);
    if (cell) cell.textContent = number.toLocaleString();
  }
  const speed = state.speed === 1 ? "" : `, the clock ${state.speed} times as fast`;
  say(state.isDraining ? "draining" : "live", (state.isDraining ? "stopping" : "live") + speed);
  showConnections(state);
  showStages(state.stages);
  showWeather(state.weather);
}

function say(state, words) {
  at("status").dataset.state = state;
  at("status").textContent = words;
}

// Weather

function showWeather(switches) {
  const words = JSON.stringify(switches);
  if (weather === words) return;
  weather = words;
  const names = Object.keys(switches);
  at("weather-empty").hidden = names.length > 0;
  at("weather").replaceChildren(...names.map((name) => {
    const row = make("li");
    const off = make("button", "", "Off");
    off.type = "button";
    off.setAttribute("aria-label", `Turn ${name} off`);
    off.addEventListener("click", () => {
      const rest = { ...switches };
      delete rest[name];
      setWeather("PUT", rest);
    });
    row.append(make("span", "", `${name}=${switches[name]}`), off);
    return row;
  }));
}

async function setWeather(method, switches) {
  const response = await fetch("weather", {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(switches),
  });
  const told = await response.json();
  at("weather-problem").textContent = response.ok ? "" : told.message;
  if (response.ok) showWeather(told.switches);
}

function offerWeather(known) {
  const choice = at("weather-name");
  const explain = () => { at("weather-help").textContent = known[choice.value]; };
  choice.replaceChildren(...Object.keys(known).map((name) => new Option(name)));
  choice.addEventListener("change", explain);
  explain();
}

// Beginning

async function begin() {
  const response = await fetch("weather").catch(() => null);
  if (response === null) {
    say("lost", "the gateway does not answer");
    setTimeout(begin, 2000);
    return;
  }
  at("sign-in").hidden = response.status !== 401;
  at("board").hidden = response.status === 401;
  if (response.status === 401) {
    say("waiting", "not signed in");
    at("token").focus();
    return;
  }
  const told = await response.json();
  offerWeather(told.known);
  showWeather(told.switches);
  listen();
}

function listen() {
  const events = new EventSource("events");
  events.addEventListener("state", (event) => showState(JSON.parse(event.data)));
  events.addEventListener("happenings", (event) => add(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    // A gateway that comes back counts from one again: begin as if the page were new.
    events.close();
    say("lost", "the gateway is gone");
    setTimeout(begin, 2000);
  });
}

async function signIn(token) {
  const response = await fetch("sign-in", { method: "POST", body: token });
  at("sign-in-problem").textContent = response.ok ? "" : "This is not the token.";
  at("token").value = "";
  await begin();
}

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(at("token").value);
});
at("weather-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setWeather("POST", { [at("weather-name").value]: at("weather-value").value });
});
at("frame-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sendFrame();
});
at("filter").addEventListener("input", () => {
  mark("");
  sift();
});
at("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  at("pause").setAttribute("aria-pressed", String(isPaused));
  at("pause").textContent = isPaused ? "Go on" : "Pause";
});
at("clear").addEventListener("click", () => {
  at("traffic").replaceChildren();
  rows = [];
  at("traffic-empty").hidden = false;
});

const printed = location.hash.slice(1);
if (printed) {
  // Out of the address bar at once: history and shoulders.
  history.replaceState(null, "", location.pathname);
  signIn(printed);
} else {
  begin();
}
