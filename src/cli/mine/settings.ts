/** The settings of `hpd mine`, and the options of `mineHardNegatives` that they become. */
import { rowFormats } from "../../texts/open-rows.ts";
import { inputFormats } from "../../texts/open-texts.ts";
import type { MineHardNegativesOptions } from "../../train.ts";
import { UsageError } from "../command.ts";
import { type Setting, settingsHelp, type ValuesOf } from "../settings/table.ts";

const input = {
  columns: {
    kind: "texts",
    value: "A,B",
    help: "the fields of anchors and positives (default: by their names, such as query, positive; else the first two)",
  },
  "input-format": { kind: "text", choices: rowFormats, help: "instead of what the file's name says" },
  corpus: {
    kind: "texts",
    value: "FILE",
    help: "more candidates: a file of texts, or of rows; several with --corpus again",
  },
  "corpus-field": {
    kind: "text",
    value: "NAME",
    help: "of a row of --corpus, the field that is the text (default: text)",
  },
  "corpus-format": { kind: "text", choices: inputFormats, help: "instead of what the name of --corpus says" },
} as const satisfies Record<string, Setting>;

const choice = {
  "num-negatives": { kind: "integer", value: "N", help: "of an anchor at most (default: 3)" },
  "range-min": { kind: "integer", value: "N", help: "pass over so many of the nearest candidates (default: 0)" },
  "range-max": {
    kind: "integer",
    value: "N",
    help:
      "the rank of the last candidate (default: --range-min + --num-negatives, with limits 10 times as many, + the most " +
      "positives that an anchor has)",
  },
  "relative-margin": {
    kind: "number",
    value: "R",
    help: "0.05: a negative's score is at most 95% of the positive's; of several positives, of the lowest",
  },
  "absolute-margin": { kind: "number", value: "R", help: "so much is it below the positive's at least" },
  "max-score": { kind: "number", value: "R", help: "no negative has a higher score" },
  "min-score": { kind: "number", value: "R", help: "no negative has a lower score" },
  "sampling-strategy": {
    kind: "text",
    choices: ["top", "random"],
    help: "the nearest that the limits leave (default), or any of them",
  },
  seed: { kind: "integer", value: "N", help: "of --sampling-strategy random (default: 42)" },
  "cross-encoder": {
    kind: "text",
    value: "MODEL",
    help: "scores candidates anew before the limits are held to them, such as cross-encoder/ms-marco-MiniLM-L6-v2",
  },
  "include-positives": { kind: "switch", help: "an anchor's positives are candidates, too, to evaluate rerankers on" },
  "query-prompt": { kind: "text", value: "TEXT", help: "put before anchors to embed them" },
  "query-prompt-name": { kind: "text", value: "NAME", help: "a prompt of the model for them (default: query)" },
  "corpus-prompt": { kind: "text", value: "TEXT", help: "put before candidates to embed them" },
  "corpus-prompt-name": { kind: "text", value: "NAME", help: "a prompt of the model for them (default: document)" },
  "embedding-cache": {
    kind: "text",
    value: "FOLDER",
    help: "keeps embeddings: another run embeds only what is new, one that was stopped goes on",
  },
} as const satisfies Record<string, Setting>;

const output = {
  output: {
    kind: "text",
    value: "FILE",
    help: "(-o too) .jsonl or .csv; it appears when it is whole (default: standard output)",
  },
  "output-format": {
    kind: "text",
    choices: ["triplet", "n-tuple", "labeled-pair", "labeled-list"],
    help: "(default: triplet)",
  },
  "output-scores": {
    kind: "switch",
    help: "rows have the scores of their texts, positive first; in the labeled formats instead of labels",
  },
} as const satisfies Record<string, Setting>;

export const settings = { ...input, ...choice, ...output };

export type Values = ValuesOf<typeof settings>;

/** The lines of `--help` about them. */
export const help = settingsHelp({ "Rows:": input, "Which negatives:": choice, "Output:": output });

/** All but models, corpus and what only makes sense in this process. @throws UsageError for columns that aren't two */
export function miningOptionsOf(values: Values): MineHardNegativesOptions {
  const [anchorColumnName, positiveColumnName] = columnsOf(values) ?? [];
  return {
    anchorColumnName,
    positiveColumnName,
    numNegatives: values["num-negatives"],
    rangeMin: values["range-min"],
    rangeMax: values["range-max"],
    relativeMargin: values["relative-margin"],
    absoluteMargin: values["absolute-margin"],
    maxScore: values["max-score"],
    minScore: values["min-score"],
    samplingStrategy: values["sampling-strategy"],
    seed: values.seed,
    includePositives: values["include-positives"],
    queryPrompt: values["query-prompt"],
    queryPromptName: values["query-prompt-name"],
    corpusPrompt: values["corpus-prompt"],
    corpusPromptName: values["corpus-prompt-name"],
    cacheFolder: values["embedding-cache"],
    outputFormat: values["output-format"],
    outputScores: values["output-scores"],
  };
}

function columnsOf({ columns }: Values): readonly string[] | undefined {
  const names = columns?.flatMap((given) => given.split(","));
  if (names === undefined || names.length === 2) return names;
  throw new UsageError(`--columns should be the fields of anchors and positives, as in query,positive, got ${names}`);
}
