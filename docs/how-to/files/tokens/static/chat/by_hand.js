const { url, tokenUrl } = document.getElementById("socket").dataset;
const csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;
const MOST_SECONDS = 20;
let pause = 1;
let socket;

async function fetchToken() {
  const options = { method: "POST", headers: { "X-CSRFToken": csrfToken } };
  const response = await fetch(tokenUrl, options);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).token;
}

async function connect() {
  try {
    const address = new URL(url);
    address.searchParams.set("ws_token", await fetchToken());
    socket = new WebSocket(address);
  } catch {
    return later();
  }
  socket.onopen = () => (pause = 1);
  socket.onmessage = ({ data }) => show(JSON.parse(data));
  // 1000 is Django's own word for staying away: a logout, for instance.
  socket.onclose = ({ code }) => code === 1000 || later();
}

// Everybody comes back at a moment of their own, and each time with a new token.
function later() {
  setTimeout(connect, (0.5 + Math.random()) * pause * 1000);
  pause = Math.min(2 * pause, MOST_SECONDS);
}

function show({ from, text }) {
  const line = document.createElement("li");
  line.textContent = `${from}: ${text}`;
  document.getElementById("log").append(line);
}

document.getElementById("say").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.send(JSON.stringify({ action: "say", text: event.target.elements.text.value }));
});
connect();
