/**
 * Semantic textual similarity in English, zero-shot, as SimCSE and HPD report it: the SemEval tasks of 2012 to 2016, each
 * the concatenation of its subsets ("all" in SentEval), STS-B and SICK-R.
 * Source: `senteval/sts.py` and `sick.py`; the files are SentEval's too, in `sts/` and `sick/` of the data folder.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { openRows } from "../../texts/open-rows.ts";
import { numberOf, textOf } from "../../texts/row.ts";
import { EmbeddingSimilarityEvaluator, type ScoredSentences } from "../evaluators/embedding-similarity.ts";
import { numberIn, readTabSeparated } from "./read-tab-separated.ts";
import { rowsOfFile, taskNameOf } from "./rows-of-file.ts";
import type { Task } from "./task.ts";

/** The subsets of each year. STS13 lacks SMT, whose licence keeps it out of SentEval. */
const subsetsOfYear = {
  STS12: ["MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"],
  STS13: ["FNWN", "headlines", "OnWN"],
  STS14: ["deft-forum", "deft-news", "headlines", "images", "OnWN", "tweet-news"],
  STS15: ["answers-forums", "answers-students", "belief", "headlines", "images"],
  STS16: ["answer-answer", "headlines", "plagiarism", "postediting", "question-question"],
};

/** The seven tasks of the papers' tables, in their order. */
export const stsTasks: readonly Task[] = [
  ...Object.entries(subsetsOfYear).map(([name, subsets]) =>
    stsTask(name, ["sts", `${name}-en-test`], (folder, signal) => readYear(folder, subsets, signal)),
  ),
  stsTask("STS-B", ["sts", "STSBenchmark"], (folder, signal) => readBenchmark(join(folder, "sts-test.csv"), signal)),
  stsTask("SICK-R", ["sick"], (folder, signal) => readSick(join(folder, "SICK_test_annotated.txt"), signal)),
];

/** The development set of STS-B, for choosing among checkpoints. */
export const stsBenchmarkDev: Task = stsTask(
  "STS-B-dev",
  ["sts", "STSBenchmark"],
  (folder, signal) => readBenchmark(join(folder, "sts-dev.csv"), signal),
  { isDev: true },
);

/** An STS task in MTEB's form: a file of rows with `sentence1`, `sentence2` and `score`. */
export function stsFileTask(file: string, name = taskNameOf(file)): Task {
  return {
    name,
    isOwnFile: true,
    load: async (_, signal) => [new EmbeddingSimilarityEvaluator(await readPairs(file, signal), { name })],
  };
}

function stsTask(
  name: string,
  folder: readonly [string, ...string[]],
  read: (folder: string, signal?: AbortSignal) => Promise<ScoredSentences>,
  options: { isDev?: boolean } = {},
): Task {
  return {
    name: name.toLowerCase(),
    isOwnFile: false,
    async load(data, signal) {
      const pairs = await read(findFolder(data, folder), signal);
      return [new EmbeddingSimilarityEvaluator(pairs, { name, ...options })];
    },
  };
}

/** The folder of a task; SentEval's own download has its first part in capitals. */
function findFolder(data: string, [first, ...rest]: readonly [string, ...string[]]): string {
  const candidates = [first, first.toUpperCase()].map((start) => join(data, start, ...rest));
  const found = candidates.find((folder) => existsSync(folder));
  if (found !== undefined) return found;
  throw new HpdError(
    "not_found",
    `there is no ${candidates[0]}. Expected SentEval's layout in the data folder: sts/STS12-en-test/STS.input.MSRpar.txt ` +
      "and STS.gs.MSRpar.txt, ..., sts/STSBenchmark/sts-test.csv, sick/SICK_test_annotated.txt; " +
      "SentEval's data/get_transfer_data.bash fetches it",
  );
}

/** Reads two sentences per line of one file, and the score in the same line of another; skips lines without a score. */
async function readYear(folder: string, subsets: readonly string[], signal?: AbortSignal): Promise<ScoredSentences> {
  const pairs = new Pairs();
  for (const subset of subsets) {
    const inputFile = join(folder, `STS.input.${subset}.txt`);
    const goldFile = join(folder, `STS.gs.${subset}.txt`);
    const inputs = await readTabSeparated(inputFile, 2, signal);
    const golds = await readTabSeparated(goldFile, 1, signal);
    if (inputs.length !== golds.length) {
      throw new HpdError(
        "invalid_argument",
        `${inputFile} and ${goldFile} should have as many lines, got ${inputs.length} and ${golds.length}`,
      );
    }
    for (const [index, { cells, place }] of golds.entries()) {
      const [score] = cells as [string];
      if (score.trim() === "") continue;
      const [sentence1, sentence2] = inputs[index]!.cells as [string, string];
      pairs.add(sentence1, sentence2, numberIn(score, place));
    }
  }
  return pairs.of(folder);
}

/** Reads the columns genre, file, year, id, score, two sentences, separated by tabs in spite of the file's name. */
async function readBenchmark(file: string, signal?: AbortSignal): Promise<ScoredSentences> {
  const pairs = new Pairs();
  for (const { cells, place } of await readTabSeparated(file, 7, signal)) {
    pairs.add(cells[5]!, cells[6]!, numberIn(cells[4]!, place));
  }
  return pairs.of(file);
}

async function readSick(file: string, signal?: AbortSignal): Promise<ScoredSentences> {
  const columns = ["sentence_A", "sentence_B", "relatedness_score"] as const;
  const { rows } = await openRows(file, { format: "tsv", columns, signal });
  const pairs = new Pairs();
  for await (const row of rows) pairs.add(textOf(row, columns[0]), textOf(row, columns[1]), numberOf(row, columns[2]));
  return pairs.of(file);
}

async function readPairs(file: string, signal?: AbortSignal): Promise<ScoredSentences> {
  const columns = ["sentence1", "sentence2", "score"] as const;
  const pairs = new Pairs();
  for await (const row of rowsOfFile(file, columns, signal)) {
    pairs.add(textOf(row, columns[0]), textOf(row, columns[1]), numberOf(row, columns[2]));
  }
  return pairs.of(file);
}

class Pairs {
  readonly #sentences1: string[] = [];
  readonly #sentences2: string[] = [];
  readonly #scores: number[] = [];

  add(sentence1: string, sentence2: string, score: number): void {
    this.#sentences1.push(sentence1);
    this.#sentences2.push(sentence2);
    this.#scores.push(score);
  }

  /** The pairs. @throws HpdError `invalid_argument` if there are none */
  of(source: string): ScoredSentences {
    if (this.#scores.length === 0) {
      throw new HpdError("invalid_argument", `${source} should have pairs with a score, got none`);
    }
    return { sentences1: this.#sentences1, sentences2: this.#sentences2, scores: this.#scores };
  }
}
