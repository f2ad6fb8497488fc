/**
 * Requests to the hub, with the token and helpful errors. The token, or the password of a mirror, is sent to the hub's
 * own origin only: file bodies come by redirect from other hosts, for which `fetch` drops it.
 */
import { HpdError } from "../errors.ts";

export interface HubConnection {
  /** `https://huggingface.co` or a mirror, without a slash at the end and without a password. */
  readonly endpoint: string;
  readonly token?: string;
  /** Name and password of a mirror, encoded for basic authentication. As in Python, they override the token. */
  readonly basicCredentials?: string;
  /** Timeout of an answer about a model. */
  readonly answerTimeoutMs: number;
}

/**
 * Sends a request.
 *
 * @param subject the requested thing, for messages: `model org/name (revision main)`
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
    // The URL is not shown, as it would be in the error of `fetch`.
    throw new HpdError("invalid_argument", "a URL should have no name and password in it: remove them");
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
 * The text of an answer, of which at most `maxBytes` bytes are read, whatever its headers say.
 *
 * @returns undefined for a longer answer
 * @throws HpdError `network` where the connection fails; the reason of the request's signal
 */
export async function readAnswer(response: Response, maxBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  // Not every browser has streams that can be iterated over.
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
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
    `the connection to ${connection.endpoint} for ${subject} failed (${detail}): check the network and the proxy, ` +
      "set HF_ENDPOINT to a mirror, or use the folder of a downloaded model",
    { cause },
  );
}

function refusal(connection: HubConnection, response: Response, subject: string): HpdError {
  const { status } = response;
  const answer = `${connection.endpoint} answered ${status} for ${subject}`;
  if (status === 401 || status === 403) {
    const token =
      connection.basicCredentials !== undefined
        ? "the name and password of HF_ENDPOINT were sent, and no token"
        : connection.token === undefined
          ? "no token was sent"
          : "the token that was sent gives no access";
    return new HpdError(
      "unauthorized",
      `${answer}: the model does not exist, is private, or is gated and its terms are not accepted, and ${token}. Check ` +
        "the name, then set a token by `token` or HF_TOKEN",
    );
  }
  if (status === 404) {
    const code = response.headers.get("x-error-code");
    return new HpdError("not_found", `${answer}${code === null ? "" : ` (${code})`}: check the name and the revision`);
  }
  return new HpdError("network", `${answer} (${response.statusText}): try again later`);
}
