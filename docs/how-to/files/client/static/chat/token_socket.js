import ReconnectingWebSocket from "reconnecting-websocket";

/** A socket that fetches a token for each attempt to connect, and comes back. */
export class TokenSocket extends ReconnectingWebSocket {
  constructor({ url, tokenUrl, csrfToken }) {
    // A function in place of an address is called before each attempt.
    async function address() {
      const options = { method: "POST", headers: { "X-CSRFToken": csrfToken } };
      const response = await fetch(tokenUrl, options);
      if (!response.ok) throw new Error(await response.text());
      const withToken = new URL(url);
      withToken.searchParams.set("ws_token", (await response.json()).token);
      return withToken.href;
    }
    super(address, [], { minReconnectionDelay: 1000, maxReconnectionDelay: 20000 });
    // 1000 is Django's own word for staying away.
    this.addEventListener("close", ({ code }) => code === 1000 && this.close());
  }

  /** Call a handler; `action` chooses API Gateway's route. */
  call(handler, values = {}, action = "default") {
    this.send(JSON.stringify({ action, handler, ...values }));
  }
}
