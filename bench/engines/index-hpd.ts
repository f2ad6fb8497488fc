/**
 * One index in a process of its own, so that the peak memory is that of this work alone; answers with one line of JSON.
 * Arguments: `build`, model folder, precision, index, sentences file; or `search`, index, file of queries.
 */
import { readFileSync } from "node:fs";
import {
  buildIndex,
  type IndexPrecision,
  PassageIndex,
  type SearchMode,
  searchModes,
} from "../../src/passage-index/index.ts";

export interface BuildAnswer {
  readonly seconds: number;
  readonly peakMiB: number;
}

export interface SearchAnswer {
  /** Milliseconds of each query, ascending. */
  readonly times: Record<SearchMode, number[]>;
  /** For each query the texts that are nearest by their embeddings. */
  readonly found: string[][];
  readonly peakMiB: number;
}

const [work, ...rest] = process.argv.slice(2);
const answer = work === "build" ? await build(rest) : await search(rest);
console.log(JSON.stringify({ ...answer, peakMiB: process.resourceUsage().maxRSS / 1024 }));

async function build([model, precision, out, file]: readonly string[]) {
  const start = performance.now();
  await buildIndex([file!], { out: out!, model: model!, lines: true, precision: precision as IndexPrecision });
  return { seconds: (performance.now() - start) / 1000 };
}

async function search([folder, file]: readonly string[]) {
  const queries: string[] = JSON.parse(readFileSync(file!, "utf8"));
  await using index = await PassageIndex.open(folder!);
  const times = {} as Record<SearchMode, number[]>;
  for (const mode of searchModes) times[mode] = await latencies(index, queries, mode);
  const found: string[][] = [];
  for (const query of queries) {
    found.push((await index.search(query, { mode: "vector", topK: 10 })).map(({ text }) => text));
  }
  return { times, found };
}

async function latencies(index: PassageIndex, queries: readonly string[], mode: SearchMode): Promise<number[]> {
  for (const query of queries.slice(0, 5)) await index.search(query, { mode });
  const times: number[] = [];
  for (const query of queries) {
    const start = performance.now();
    await index.search(query, { mode });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}
