/** API keys, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import { Failure } from "../failure.ts";

/**
 * A check of a request's headers.
 *
 * @param keys any of which is accepted; none: every request passes
 * @returns a function that throws Failure `unauthorized` for a request without one of the keys
 */
export function keyCheck(keys: readonly string[]): (headers: Headers) => void {
  const digests = keys.map(digest);
  return (headers) => {
    if (digests.length === 0) return;
    const given = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
    const sent = digest(given ?? "");
    // All are compared, whichever is right.
    const matches = digests.filter((key) => timingSafeEqual(key, sent)).length;
    if (given !== undefined && matches > 0) return;
    throw new Failure(
      "unauthorized",
      given === undefined ? "missing API key: send the header Authorization: Bearer KEY" : "the API key is wrong",
    );
  };
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
