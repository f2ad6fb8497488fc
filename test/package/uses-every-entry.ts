/** A user's file, compiled against the declarations of the package. */

import { type EncodeOptions, SentenceTransformer } from "hpd";
import { kMeans } from "hpd/cluster";
import { CrossEncoder } from "hpd/cross-encoder";
import { evaluate } from "hpd/evaluation";
import { buildMap } from "hpd/map";
import { buildIndex, PassageIndex } from "hpd/passage-index";
import { semanticSearch } from "hpd/search";
import { createServer, listen } from "hpd/server";
import { distill } from "hpd/train";

export const functions = [
  buildIndex,
  PassageIndex.open,
  kMeans,
  CrossEncoder.load,
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

// @ts-expect-error: where declarations aren't found all is any, and this is no error.
export const wrong: Promise<number> = SentenceTransformer.load();
