/** The body of a request as a JSON object, of bounded size. */
import { describe, isObject, type JsonObject, nestingOf } from "../../common/json.ts";
import { Failure } from "../failure.ts";

/** No API nests more than a few levels. */
const deepestNesting = 32;

/** @throws Failure `body_too_large`, `unsupported_encoding`, `malformed`, `gone` */
export async function readJsonBody(request: Request, maxBytes: number): Promise<JsonObject> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new Failure(
      "unsupported_encoding",
      `a body of the encoding ${describe(encoding)} is not read: send it plain`,
    );
  }
  const text = decoded(await readBytes(request, maxBytes));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("malformed", "the body should be JSON");
  }
  if (!isObject(value)) throw new Failure("malformed", `the body should be a JSON object, got ${describe(value)}`);
  if (nestingOf(text) > deepestNesting) {
    throw new Failure("malformed", `the body's JSON is nested more than ${deepestNesting} deep`);
  }
  return value;
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new Failure("body_too_large", `the body has more than ${maxBytes} bytes: send fewer at a time`);
  const stated = request.headers.get("content-length");
  if (stated !== null && Number(stated) > maxBytes) throw tooLarge();
  try {
    // No more than was stated is read by HTTP itself.
    if (stated !== null) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (bytes.length > maxBytes) throw tooLarge();
      return bytes;
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge();
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
