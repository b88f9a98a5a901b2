import { TokenSocket } from "./token_socket.js";

class RoomSocket extends TokenSocket {
  say(text) {
    this.call("say", { room: "room-lobby", text });
  }
}

const { url, tokenUrl } = document.getElementById("socket").dataset;
const csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;
const socket = new RoomSocket({ url, tokenUrl, csrfToken });

socket.addEventListener("open", () => socket.say("Hello"));
socket.addEventListener("message", ({ data }) => {
  const line = document.createElement("li");
  line.textContent = JSON.parse(data).data.text;
  document.getElementById("log").append(line);
});
