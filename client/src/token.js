const SIGNED_OUT = "Authentication required";
const LONGEST_REASON = 200;

/** Why there is no token; `_isFinal` when another attempt would get none either. */
const refusal = (reason, _isFinal = false) => ({ reason, _isFinal });

/**
 * Ask Django for a token, which opens one socket once: `{token, refused}`.
 *
 * A browser hides why a handshake was refused, so the token it was refused with is told here, and
 * the response has the reason in `refused` where the server knows it.
 */
export async function fetchToken(options, page, lastToken, signal) {
  const { csrfCookie = "csrftoken", csrfHeader = "X-CSRFToken", csrfToken } = options;
  // Read anew each time: signing in somewhere else on this site changes the cookie.
  const cookies = new URLSearchParams(page.document?.cookie?.replaceAll("; ", "&"));
  const response = await fetch(options.tokenUrl, {
    method: "POST",
    headers: { [csrfHeader]: cookies.get(csrfCookie) ?? csrfToken ?? "" },
    body: new URLSearchParams(lastToken && { refused: lastToken }),
    signal,
  }).catch(() => {
    throw refusal("unreachable");
  });
  // A login page in place of a token says that the login is over.
  if (response.redirected) throw refusal(SIGNED_OUT, true);
  if (response.ok) return response.json();
  const text = await response.text();
  const reason = text && text.length < LONGEST_REASON ? text : `status ${response.status}`;
  throw refusal(reason, response.status === 401 || text === SIGNED_OUT);
}
