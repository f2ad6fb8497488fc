/** A user's file, compiled against the declarations of the package. */

import { type EncodeOptions, type Progress, SentenceTransformer } from "hpd";
import { kMeans } from "hpd/cluster";
import { CrossEncoder } from "hpd/cross-encoder";
import { evaluate } from "hpd/evaluation";
import { buildMap } from "hpd/map";
import { buildIndex, PassageIndex } from "hpd/passage-index";
import { semanticSearch } from "hpd/search";
import { createServer, listen } from "hpd/server";
import { SparseEncoder } from "hpd/sparse-encoder";
import { distill, mineHardNegatives, multipleNegativesRanking, train } from "hpd/train";

export const functions = [
  buildIndex,
  PassageIndex.open,
  kMeans,
  CrossEncoder.load,
  SparseEncoder.load,
  evaluate,
  buildMap,
  semanticSearch,
  distill,
  createServer,
  listen,
];

export async function encoded(options: EncodeOptions<"int8">): Promise<Int8Array> {
  const model = await SentenceTransformer.load();
  try {
    return await model.encode("text", options);
  } finally {
    await model.dispose();
  }
}

/** One function is told of the progress of all. */
export async function watched(onProgress: (progress: Progress) => void): Promise<void> {
  const model = await SentenceTransformer.load("org/model", { onProgress });
  const reranker = await CrossEncoder.load("org/reranker", { onProgress });
  const texts = ["a", "b"];
  const embeddings = await model.encode(texts, { onProgress });
  await reranker.predict([["a", "b"]], { onProgress });
  await buildIndex(texts, { out: "index", onProgress });
  await buildMap(texts, embeddings, { onProgress });
  await evaluate((sentences, options) => model.encode(sentences, options), [], { onProgress });
  await mineHardNegatives([{ query: "a", answer: "b" }], model, { onProgress });
  const run = { model: "org/model", data: [], loss: multipleNegativesRanking(), out: "model" };
  await train({ ...run, onEvent: (event) => "stage" in event && onProgress(event) });
}

// @ts-expect-error: where declarations aren't found all is any, and this is no error.
export const wrong: Promise<number> = SentenceTransformer.load();
