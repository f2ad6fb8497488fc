/** What an index says of itself, and what is asked of it. */
import { parseDescription } from "../../../src/passage-index/description.ts";
import { conditionsOf } from "../../../src/passage-index/filter.ts";
import { mutateJson, pick } from "../mutate.ts";
import type { Target } from "../target.ts";

const description = {
  formatVersion: 1,
  model: { name: "model", fingerprint: "0123456789abcdef", options: { dtype: "int8", truncateDim: 64 } },
  dimension: 128,
  isNormalized: true,
  similarity: "cosine",
  precision: "float32",
  settings: { lines: false, field: "text", chunkTokens: 256, overlapTokens: 32 },
};
const filter = { author: "Jane", year: { gte: 2020, lt: 2024 }, topic: { in: ["art", "music", 1, true] } };

export const indexSettings: Target = {
  name: "index-settings",
  input(random) {
    const isFilter = pick(random, [true, false]);
    const text = mutateJson(random, isFilter ? filter : description);
    return {
      shown: text,
      read() {
        if (isFilter) conditionsOf(JSON.parse(text));
        else parseDescription(text, "an index");
      },
    };
  },
};
