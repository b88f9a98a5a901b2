import { Channel } from "./channel.js";
import { Socket } from "./socket.js";

export { Channel, Socket };

/** Open a connection by hand: `connect({url, tokenUrl, channels, shared})`. */
export const connect = (options) => new Socket(options);

let ofPage;

/** The options that `{% websocket_client %}` has written into the page. */
const written = () => JSON.parse(document.getElementById("websocket-client").textContent);

/** The page's own connection, which opens when it is first used. */
export const socket = new Proxy(
  {},
  {
    get(_, name) {
      ofPage ??= connect(written());
      const member = ofPage[name];
      return typeof member === "function" ? member.bind(ofPage) : member;
    },
  },
);
