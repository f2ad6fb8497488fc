/** Keys of clients, compared so that the time tells nothing of how much of one was right. */
import { createHash, timingSafeEqual } from "node:crypto";
import { Failure } from "../failure.ts";

/** @returns throws Failure `unauthorized` for a request without one of the keys; without keys every request has one */
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
      given === undefined ? "an API key is needed: Authorization: Bearer KEY" : "the API key is wrong",
    );
  };
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
