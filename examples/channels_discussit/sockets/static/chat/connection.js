/** The socket on Django Channels: at the address of the page itself, admitted by its cookie. */

import { keepOpen } from "./keep_open.js";

/** Stay connected in a channel: "home", or the UUID of a group. */
export function connect(channel, page) {
  const url = new URL(channel === "home" ? "/" : `/groups/${channel}/`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return keepOpen(() => url, page);
}
