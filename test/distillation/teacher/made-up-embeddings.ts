/** Embeddings that follow from the text, so that any process can tell a wrong one. */

import { writeTextHash } from "../../../src/distillation/corpus/text-hash.ts";
import { Random } from "../../../src/random.ts";

export const dimension = 300;

export function hashesOf(texts: readonly string[]): Uint32Array {
  const hashes = new Uint32Array(4 * texts.length);
  for (const [index, text] of texts.entries()) writeTextHash(text, hashes, 4 * index);
  return hashes;
}

const made = new Map<string, Float32Array>();

export function embeddingOf(text: string): Float32Array {
  const known = made.get(text);
  if (known !== undefined) return known;
  const random = new Random(hashesOf([text])[0]!);
  const embedding = Float32Array.from({ length: dimension }, () => random.nextFloat() - 0.5);
  made.set(text, embedding);
  return embedding;
}
