/** Identifiers that follow from a name: UUIDs of version 5. Source: RFC 9562, section 5.5. */
import { createHash } from "node:crypto";

/** The namespace of the ids of passages. */
const namespaceHex = "6f0c9d0e5a5b4c0f8d1d6d2b9b6a7e31";
const namespace = Buffer.from(namespaceHex, "hex");

/** The UUID of a passage's id: the same in every export. */
export function uuidOf(id: string): string {
  const bytes = createHash("sha1").update(namespace).update(id).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
