import { onState, subscribe } from "./events.js";

const at = (id) => document.getElementById(id);
const team = subscribe("private-team-7");
const here = subscribe("presence-team-7");

team.bind("news", ({ text }) => (at("news").textContent = text));
team.bind("client-typing", ({ name }) => (at("typing").textContent = `${name} is typing`));
here.onMembers((members) => (at("here").textContent = members.map(({ name }) => name).join(", ")));
onState((state) => (at("state").textContent = state));
at("text").addEventListener("input", () => team.trigger("client-typing", { name: "Somebody" }));
