const { url, tokenUrl } = document.getElementById("socket").dataset;
const channel = JSON.parse(document.getElementById("channel").textContent);
const csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;

const options = { method: "POST", headers: { "X-CSRFToken": csrfToken } };
const { token } = await (await fetch(tokenUrl, options)).json();
const address = new URL(url);
address.searchParams.set("channel", channel);
address.searchParams.set("ws_token", token);

const socket = new WebSocket(address);
socket.onopen = () => socket.send(JSON.stringify({ action: "default" }));
socket.onmessage = ({ data }) => (document.getElementById("log").textContent = data);
