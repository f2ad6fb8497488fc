/**
 * One request to the hub, with the token and with errors that say what to do. The token, or the password of a mirror, goes
 * to the hub's own origin only: file bodies come by redirect from other hosts, for which `fetch` drops it.
 */
import { HpdError } from "../errors.ts";

export interface HubConnection {
  /** `https://huggingface.co` or a mirror, without a slash at the end and without a password. */
  readonly endpoint: string;
  readonly token?: string;
  /** Name and password of a mirror, as basic authentication sends them. As in Python, they go before the token. */
  readonly basicCredentials?: string;
  /** How long an answer about a model may take. */
  readonly answerTimeoutMs: number;
}

/**
 * @param subject what is asked for, for messages: `model org/name (revision main)`
 * @returns a response with a status of 200 to 299
 * @throws HpdError `network`, `unauthorized`, `not_found`; the signal's reason where it was aborted with another error
 */
export async function requestHub(
  connection: HubConnection,
  url: string,
  subject: string,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  const { token, basicCredentials } = connection;
  const bearer = token === undefined ? undefined : `Bearer ${token}`;
  const authorization = basicCredentials === undefined ? bearer : `Basic ${basicCredentials}`;
  const { origin, username, password } = new URL(url);
  if (username !== "" || password !== "") {
    // It is not shown, as the error of `fetch` would.
    throw new HpdError("invalid_argument", "a URL with a name or password in it can't be fetched: leave them out");
  }
  if (authorization !== undefined && origin === new URL(connection.endpoint).origin) {
    headers.set("authorization", authorization);
  }
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (cause) {
    throw unreachable(connection, subject, cause);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw refusal(connection, response, subject);
  }
  return response;
}

/**
 * The text of an answer, read no further than `largest` bytes, whatever its headers say.
 *
 * @returns undefined where there is more
 * @throws HpdError `network` where the connection fails; the reason of the request's signal
 */
export async function readAnswer(response: Response, largest: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  // Not every browser has streams that can be iterated over.
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > largest) {
      await reader.cancel().catch(() => {});
      return undefined;
    }
    parts.push(decoder.decode(value, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join("");
}

/** The error for a connection that failed, at its start or in the middle. */
export function unreachable(connection: HubConnection, subject: string, cause: unknown): HpdError {
  const error = cause as { message?: string; cause?: { code?: string; message?: string } };
  const detail = error.cause?.code ?? error.cause?.message ?? error.message ?? String(cause);
  return new HpdError(
    "network",
    `Asked ${connection.endpoint} for ${subject}; the connection failed (${detail}). Check the network and the proxy, ` +
      "or set HF_ENDPOINT to a mirror, or give the folder of a downloaded model.",
    { cause },
  );
}

function refusal(connection: HubConnection, response: Response, subject: string): HpdError {
  const { status } = response;
  const asked = `Asked ${connection.endpoint} for ${subject}; the answer is ${status}`;
  if (status === 401 || status === 403) {
    const token =
      connection.basicCredentials !== undefined
        ? "The name and password of HF_ENDPOINT were sent, and no token"
        : connection.token === undefined
          ? "No token was sent"
          : "The token that was sent does not give access";
    return new HpdError(
      "unauthorized",
      `${asked}. The model does not exist, is private, or is gated and its terms are not accepted. ${token}: check the ` +
        "name, then give a token as `token` or in HF_TOKEN.",
    );
  }
  if (status === 404) {
    const code = response.headers.get("x-error-code");
    return new HpdError("not_found", `${asked}${code === null ? "" : ` (${code})`}. Check the name and the revision.`);
  }
  return new HpdError("network", `${asked} ${response.statusText}. Try again later.`);
}
