/**
 * The real all-MiniLM-L6-v2 on 1,000 of Quora's question pairs, which are not in this repository: set HPD_TEST_MODELS to
 * the folder that holds the model and HPD_DATA to the one that holds `quora/`. The gold is made by tools/gold/quora.py.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { modelEncode } from "../../src/evaluation/model-encode.ts";
import { quoraTask } from "../../src/evaluation/tasks/quora.ts";
import { SentenceTransformer } from "../../src/index.ts";

const model = join(process.env.HPD_TEST_MODELS ?? "../shared/models", "all-MiniLM-L6-v2");
const data = join(process.env.HPD_DATA ?? "../shared/data", "quora/pairs.tsv.gz");
const missing = [model, data].filter((path) => !existsSync(path));
if (missing.length > 0)
  console.info(`skipped all-MiniLM-L6-v2 on Quora's question pairs: there is no ${missing.join(", no ")}`);

test.skipIf(missing.length > 0)(
  "all-MiniLM-L6-v2 scores on 1,000 question pairs as in Python",
  async () => {
    const gold = JSON.parse(readFileSync(new URL("../gold/evaluation/quora.json", import.meta.url), "utf8"));
    const folder = await mkdtemp(join(tmpdir(), "hpd-quora-"));
    try {
      const pairs = String(gunzipSync(readFileSync(data)))
        .split("\n")
        .slice(0, gold.pairs);
      await mkdir(join(folder, "quora"));
      await writeFile(join(folder, "quora/pairs.tsv"), pairs.join("\n"));
      const evaluators = await quoraTask.load(folder, new AbortController().signal);
      await using loaded = await SentenceTransformer.load(model);
      const { encode, prompts } = modelEncode(loaded);
      for (const { name, scores } of await evaluate(encode, evaluators, { prompts })) {
        for (const [metric, value] of Object.entries<number>(gold[name])) {
          // Manhattan distances are about 16, the scores and other thresholds 1 at most.
          const error = Math.abs(scores[metric]! - value) / Math.max(Math.abs(value), 1);
          expect(error, `${name} ${metric}: ${scores[metric]}, Python ${value}`).toBeLessThan(1e-4);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  300_000,
);
