/** Folders of texts, and what an index has of them. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { indexLocation } from "../../src/passage-index/location.ts";

export const tinyModel = fileURLToPath(new URL("../fixtures/models/hpd-tinybert-like", import.meta.url));
export const otherModel = fileURLToPath(new URL("../fixtures/models/bert", import.meta.url));

export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Every part and passage, in one order. Scores are those of one query: equal embeddings have equal ones. */
export async function contentOf(index: string) {
  await using store = (await indexLocation(index).open("read"))!;
  const query = new Float32Array(store.description.dimension).map((_, at) => Math.cos(at) / 3);
  const hits = await store.searchVector(query, { topK: 1_000_000, conditions: [] });
  const byId = (a: string, b: string) => (a < b ? -1 : 1);
  return {
    parts: (await store.parts()).map(({ file, part, hash }) => `${file} ${part} ${hash}`).sort(),
    passages: hits
      .map(({ passage, score }) => ({ ...passage, score: Number(score.toFixed(4)) }))
      .toSorted((a, b) => byId(a.id, b.id)),
  };
}

/** Lines of 400 characters and few tokens: as many commits as a large file has, at the cost of a small one. */
export function longLines(count: number, seed: number): string {
  const word = (index: number) => `${String(seed * 1_000_000 + index).repeat(20)}`.slice(0, 120).padEnd(120, "x");
  return Array.from(
    { length: count },
    (_, index) => `Line ${index} ${word(index)} ${word(index + 1)} ${word(index + 2)}.`,
  ).join("\n");
}
