/**
 * The 128 bits by which a text is known: the first half of its SHA-256. Among 10 million texts two share them with a
 * probability of 1e-25. Lone surrogates count as U+FFFD, as they do in the encoder.
 */
import { hash } from "node:crypto";

/** Size of a hash in 32-bit words. */
export const hashWords = 4;

/** [texts, 4] */
export function textHashes(texts: readonly string[]): Uint32Array {
  const hashes = new Uint32Array(texts.length * hashWords);
  for (const [index, text] of texts.entries()) writeTextHash(text, hashes, index * hashWords);
  return hashes;
}

export function writeTextHash(text: string, into: Uint32Array, at: number): void {
  const digest = hash("sha256", text, "buffer");
  for (let word = 0; word < hashWords; word++) into[at + word] = digest.readUInt32LE(4 * word);
}
