/** Settings of the hub from the options and from the environment, under the names and defaults of huggingface_hub. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { redactPasswords } from "../common/redact.ts";
import { HpdError } from "../errors.ts";
import type { HubConnection } from "./hub-request.ts";
import type { ModelSourceOptions } from "./model-source.ts";

export interface HubSettings extends HubConnection {
  readonly cacheFolder: string;
  readonly offline: boolean;
  /** Maximum time of a download below the minimum rate. */
  readonly stallTimeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws HpdError `invalid_argument` for an endpoint, token or timeout that cannot be used. */
export async function readHubSettings(options: ModelSourceOptions, environment: Environment): Promise<HubSettings> {
  const home =
    path(environment.HF_HOME) ?? join(path(environment.XDG_CACHE_HOME) ?? join(homedir(), ".cache"), "huggingface");
  const offline =
    options.localFilesOnly === true || isTrue(environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE);
  const token = offline ? undefined : await readToken(options, environment, home);
  return {
    ...readEndpoint(environment),
    cacheFolder:
      path(options.cacheFolder) ??
      path(environment.SENTENCE_TRANSFORMERS_HOME) ??
      path(environment.HF_HUB_CACHE) ??
      path(environment.HUGGINGFACE_HUB_CACHE) ??
      join(home, "hub"),
    offline,
    answerTimeoutMs: readSeconds(environment, "HF_HUB_ETAG_TIMEOUT"),
    stallTimeoutMs: readSeconds(environment, "HF_HUB_DOWNLOAD_TIMEOUT"),
    ...(token !== undefined && { token }),
  };
}

/** A variable that is set but empty counts as not set. */
function path(value: string | undefined): string | undefined {
  return value ? resolve(value.replace(/^~(?=$|[\\/])/, homedir())) : undefined;
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|on|yes|true)$/i.test(value);
}

/** The endpoint without its name and password: `fetch` refuses such a URL, and messages would show them. */
function readEndpoint(environment: Environment): Pick<HubConnection, "endpoint" | "basicCredentials"> {
  const endpoint = environment.HF_ENDPOINT || "https://huggingface.co";
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) {
    const shown = redactPasswords(endpoint);
    throw new HpdError("invalid_argument", `HF_ENDPOINT should be an http or https URL, got ${shown}`);
  }
  const url = new URL(endpoint);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const credentials = [username, password].map(decoded).join(":");
  return {
    endpoint: withoutSlashes(url.href),
    ...(credentials !== ":" && { basicCredentials: Buffer.from(credentials).toString("base64") }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === "/") end--;
  return url.slice(0, end);
}

function readSeconds(environment: Environment, name: string): number {
  const seconds = Number(environment[name] || 10);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new HpdError(
      "invalid_argument",
      `${name} should be a positive number of seconds, at most 86400, got ${environment[name]}`,
    );
  }
  return seconds * 1000;
}

async function readToken(
  options: ModelSourceOptions,
  environment: Environment,
  home: string,
): Promise<string | undefined> {
  const token =
    options.token ??
    (isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)
      ? undefined
      : environment.HF_TOKEN?.trim() ||
        environment.HUGGING_FACE_HUB_TOKEN?.trim() ||
        (await readTokenFile(path(environment.HF_TOKEN_PATH) ?? join(home, "token"))));
  // Checked here because `fetch` would put a token that it cannot send into its error message.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new HpdError("invalid_argument", "the token of the hub should be printable ASCII without spaces");
  }
  return token;
}

async function readTokenFile(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim() || undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new HpdError("invalid_argument", `the file of the hub's token, ${file}, can't be read (${code})`, {
      cause,
    });
  }
}
