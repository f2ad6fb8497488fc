/** Embeddings that follow from the text, so that any process can tell a wrong one. */

import { writeTextHash } from "../../../src/distillation/corpus/text-hash.ts";
import { Random } from "../../../src/random.ts";

export const dimension = 300;

export function hashesOf(texts: readonly string[]): Uint32Array {
  const hashes = new Uint32Array(4 * texts.length);
  for (const [index, text] of texts.entries()) writeTextHash(text, hashes, 4 * index);
  return hashes;
}

export function embeddingOf(text: string): Float32Array {
  const random = new Random(hashesOf([text])[0]!);
  return Float32Array.from({ length: dimension }, () => random.nextFloat() - 0.5);
}
