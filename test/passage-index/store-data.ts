/** Passages for the tests of stores. */
import { formatVersion, type IndexDescription } from "../../src/passage-index/description.ts";
import type { IndexStore, NewPart, Passage, StoredPart } from "../../src/passage-index/store.ts";
import { Random } from "../../src/random.ts";
import { normalizeRows } from "../../src/similarity/normalize.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

export const description: IndexDescription = {
  formatVersion,
  model: { name: "a model", fingerprint: "its fingerprint", options: {} },
  dimension: 8,
  isNormalized: true,
  similarity: "cosine",
  precision: "float32",
  settings: { lines: false, field: "text", chunkTokens: 256, overlapTokens: 32 },
};

export function passage(id: string, file: string, text: string): Passage {
  return { id, file, firstLine: 1, lastLine: 2, text, metadata: { length: text.length } };
}

/** A part with these texts as passages, and embeddings of dimension 8. */
export function partOf(file: string, part: number, texts: readonly string[]): NewPart {
  return {
    file,
    part,
    hash: `hash of ${texts.join()}`,
    passages: texts.map((text, index) => passage(`${file}:${part}:${index}`, file, text)),
    embeddings: randomEmbeddings(texts.length, 8, true),
  };
}

export function randomEmbeddings(count: number, dimension: number, isNormalized: boolean, seed = 0): Embeddings {
  const random = new Random(seed);
  const data = Float32Array.from({ length: count * dimension }, () => random.normal());
  const embeddings = new Embeddings(data, count, dimension);
  return isNormalized ? normalizeRows(embeddings) : embeddings;
}

/** All that is in a store of dimension 8, in one order. */
export async function whole(store: IndexStore): Promise<{ parts: StoredPart[]; passages: Passage[] }> {
  const parts = await store.parts();
  const hits = await store.searchVector(new Float32Array(8).fill(0.1), { topK: 100_000, conditions: [] });
  const passages = hits.map((hit) => hit.passage);
  const count = await store.count();
  if (count !== passages.length) throw new Error(`${count} passages are counted, ${passages.length} are found`);
  return {
    parts: parts.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.part - b.part)),
    passages: passages.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
