/**
 * What the real all-MiniLM-L6-v2 scores on real pairs, which are not in this repository: set HPD_TEST_MODELS to the folder that
 * holds the model and HPD_DATA to the one that holds `sts/` and `quora/`. The gold is made by tools/gold/task-scores.py.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { evaluate, modelEncode, selectTasks } from "../../src/evaluation/index.ts";
import { SentenceTransformer } from "../../src/index.ts";

const model = join(process.env.HPD_TEST_MODELS ?? "../shared/models", "all-MiniLM-L6-v2");
const data = process.env.HPD_DATA ?? "../shared/data";
const sts = "sts/STSBenchmark/sts-test.csv";
const quora = "quora/pairs.tsv.gz";
const missing = [model, join(data, sts), join(data, quora)].filter((path) => !existsSync(path));
if (missing.length > 0) console.info(`skipped what all-MiniLM-L6-v2 scores: there is no ${missing.join(", no ")}`);

test.skipIf(missing.length > 0)(
  "all-MiniLM-L6-v2 scores on real pairs as in Python",
  async () => {
    const gold = JSON.parse(readFileSync(new URL("../gold/evaluation/task-scores.json", import.meta.url), "utf8"));
    const folder = await mkdtemp(join(tmpdir(), "hpd-scores-"));
    const firstLines = (text: string) => text.split("\n").slice(0, gold.pairs).join("\n");
    try {
      await mkdir(join(folder, "sts/STSBenchmark"), { recursive: true });
      await mkdir(join(folder, "quora"));
      await writeFile(join(folder, sts), firstLines(readFileSync(join(data, sts), "utf8")));
      await writeFile(join(folder, "quora/pairs.tsv"), firstLines(String(gunzipSync(readFileSync(join(data, quora))))));
      const evaluators = await Promise.all(selectTasks(["sts-b", "quora"]).map((task) => task.load(folder)));
      await using loaded = await SentenceTransformer.load(model);
      const { encode, prompts } = modelEncode(loaded);
      const evaluations = await evaluate(encode, evaluators.flat(), { prompts });
      expect(evaluations.map(({ name }) => name)).toEqual(["STS-B", "Quora", "QuoraRetrieval"]);
      for (const { name, scores } of evaluations) {
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
