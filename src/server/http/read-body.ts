/** The body of a request as a JSON object, of bounded size. */
import { describe, isObject, type JsonObject, nestingOf } from "../../common/json.ts";
import { Failure } from "../failure.ts";
import type { BodyShare } from "../queue/body-budget.ts";

/** Maximum nesting of a body; the APIs need only a few levels. */
const maxNesting = 32;

/** Size in bytes up to which a body is read at once and not counted. */
const smallBytes = 16_384;

/**
 * @param signal ends the reading of a body that nobody waits for any more
 * @throws Failure `body_too_large`, `overloaded`, `unsupported_encoding`, `malformed`, `gone`; the signal's reason
 */
export async function readJsonBody(
  request: Request,
  maxBytes: number,
  share: BodyShare,
  signal: AbortSignal,
): Promise<JsonObject> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new Failure(
      "unsupported_encoding",
      `content-encoding should be identity, got ${describe(encoding)}: send the body uncompressed`,
    );
  }
  const text = decoded(await readBytes(request, maxBytes, share, signal));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("malformed", "the body should be JSON");
  }
  if (!isObject(value)) throw new Failure("malformed", `the body should be a JSON object, got ${describe(value)}`);
  if (nestingOf(text) > maxNesting) {
    throw new Failure("malformed", `the body's JSON should be nested at most ${maxNesting} deep`);
  }
  return value;
}

async function readBytes(
  request: Request,
  maxBytes: number,
  share: BodyShare,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const tooLarge = () =>
    new Failure("body_too_large", `the body should have at most ${maxBytes} bytes: send fewer texts at a time`);
  const stated = request.headers.get("content-length");
  if (stated !== null && Number(stated) > maxBytes) throw tooLarge();
  try {
    // HTTP itself reads no more than was stated.
    if (stated !== null && Number(stated) <= smallBytes) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (bytes.length > maxBytes) throw tooLarge();
      return bytes;
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      // Its share was given back.
      signal.throwIfAborted();
      length += chunk.length;
      if (length > maxBytes) throw tooLarge();
      share.take(chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("gone", "the connection ended before the body did", { cause });
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("malformed", "the body should be UTF-8");
  }
}
