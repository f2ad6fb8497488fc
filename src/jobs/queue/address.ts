/** The address of a queue: the URL of a Redis or Valkey server. */
import { redactPasswords } from "../../common/redact.ts";
import { HpdError } from "../../errors.ts";

export interface QueueAddress {
  /** The URL without user and password, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isSecure: boolean;
}

/**
 * Parses `redis://[user[:password]@]host[:port][/database]`; `rediss:` is the same over TLS, checked by the certificates that
 * Node knows (`NODE_EXTRA_CA_CERTS` adds others).
 *
 * @param password where the URL has none
 * @throws HpdError `invalid_argument` for anything else; no message holds a password
 */
export function parseAddress(url: string, password = process.env.HPD_QUEUE_PASSWORD): QueueAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isSecure = parsed?.protocol === "rediss:";
  const db = /^\/?(\d{0,4})$/.exec(parsed?.pathname ?? "")?.[1];
  if (parsed === undefined || !(isSecure || parsed.protocol === "redis:") || !parsed.hostname || db === undefined) {
    throw refused(url);
  }
  if (parsed.search !== "" || parsed.hash !== "") throw refused(url);
  const { hostname, port, username } = parsed;
  return {
    name: `${parsed.protocol}//${hostname}${port === "" ? "" : `:${port}`}${db === "" ? "" : `/${db}`}`,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 6379 : Number(port),
    db: Number(db),
    username: decoded(username),
    password: decoded(parsed.password) ?? (password || undefined),
    isSecure,
  };
}

function refused(url: string): HpdError {
  return new HpdError(
    "invalid_argument",
    `queue should be redis://HOST[:PORT][/DATABASE], or rediss:// for TLS, got ${redactPasswords(JSON.stringify(url) ?? "none")}; ` +
      "characters such as / and @ in a password have to be percent-encoded, or the password given by HPD_QUEUE_PASSWORD",
  );
}

function decoded(part: string): string | undefined {
  return part === "" ? undefined : decodeURIComponent(part);
}
