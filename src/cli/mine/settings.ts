/** The settings of `hpd mine`, and the options of `mineHardNegatives` that they become. */
import { rowFormats } from "../../texts/open-rows.ts";
import { inputFormats } from "../../texts/open-texts.ts";
import type { MineHardNegativesOptions } from "../../train.ts";
import { modelSettings } from "../model.ts";
import { progressSettings } from "../progress.ts";
import type { Sections, TableOf, ValuesOf } from "../settings/table.ts";
import { UsageError } from "../usage-error.ts";

export const sections = {
  Rows: {
    settings: {
      columns: {
        kind: "texts",
        value: "A,B",
        help: "fields of anchors and positives",
        defaultsTo: "by name, such as query and positive, else the first two",
      },
      "input-format": {
        kind: "text",
        value: "FORMAT",
        choices: rowFormats,
        help: "format of FILE, if its extension doesn't tell",
      },
      corpus: { kind: "texts", value: "FILE", help: "additional candidates: a file of texts or of rows" },
      "corpus-field": { kind: "text", value: "NAME", default: "text", help: "field with the text in rows of --corpus" },
      "corpus-format": {
        kind: "text",
        value: "FORMAT",
        choices: inputFormats,
        help: "format of --corpus, if its extension doesn't tell",
      },
    },
  },
  "Which negatives": {
    settings: {
      "num-negatives": { kind: "integer", value: "N", help: "maximum negatives per anchor", defaultsTo: "3" },
      "range-min": { kind: "integer", value: "N", help: "number of nearest candidates to skip", defaultsTo: "0" },
      "range-max": {
        kind: "integer",
        value: "N",
        help: "rank of the last candidate",
        defaultsTo: "--range-min + --num-negatives, times ten with limits on scores, + the most positives of an anchor",
      },
      "relative-margin": {
        kind: "number",
        value: "R",
        help: "0.05 requires that a negative's score is at most 95 % of the positive's, of several positives the lowest",
      },
      "absolute-margin": {
        kind: "number",
        value: "R",
        help: "minimum difference of a negative's score to the positive's",
      },
      "max-score": { kind: "number", value: "R", help: "maximum score of a negative" },
      "min-score": { kind: "number", value: "R", help: "minimum score of a negative" },
      "sampling-strategy": {
        kind: "text",
        value: "STRATEGY",
        choices: ["top", "random"],
        help: "top takes the nearest candidates within the limits, random any of them",
        defaultsTo: "top",
      },
      seed: { kind: "integer", value: "N", help: "seed of --sampling-strategy random", defaultsTo: "42" },
      "cross-encoder": {
        kind: "text",
        value: "MODEL",
        help: "rescore candidates before the limits apply, by a model such as cross-encoder/ms-marco-MiniLM-L6-v2",
      },
      "include-positives": {
        kind: "switch",
        help: "include an anchor's positives in the candidates, to evaluate rerankers",
      },
      "query-prompt": { kind: "text", value: "TEXT", help: "text to prepend to anchors" },
      "query-prompt-name": {
        kind: "text",
        value: "NAME",
        help: "prompt of the model for anchors",
        defaultsTo: "query",
      },
      "corpus-prompt": { kind: "text", value: "TEXT", help: "text to prepend to candidates" },
      "corpus-prompt-name": {
        kind: "text",
        value: "NAME",
        help: "prompt of the model for candidates",
        defaultsTo: "document",
      },
      "embedding-cache": {
        kind: "text",
        value: "FOLDER",
        help: "store embeddings here: a later run embeds only new texts, an interrupted one continues",
      },
    },
  },
  Output: {
    settings: {
      output: {
        kind: "text",
        short: "o",
        value: "FILE",
        help: "output file, .jsonl or .csv; it appears when it is complete",
        defaultsTo: "standard output",
      },
      "output-format": {
        kind: "text",
        value: "FORMAT",
        choices: ["triplet", "n-tuple", "labeled-pair", "labeled-list"],
        help:
          "triplet: anchor, positive, negative, one row per negative. n-tuple: anchor, positive, negative_1, " +
          "negative_2 ..., only anchors that have all. labeled-pair: anchor, text, label 1 or 0, one row per positive " +
          "and negative. labeled-list: anchor, list of texts, list of labels. The first two fields are named as in FILE",
        defaultsTo: "triplet",
      },
      "output-scores": {
        kind: "switch",
        help: "add the scores of the texts, the positive's first; in the labeled formats in place of the labels",
      },
      json: { kind: "switch", help: "print the statistics as JSON; needs --output" },
      ...progressSettings,
    },
  },
  Model: {
    settings: modelSettings,
    notes: `
      All but --model, --pooling and --revision apply to --cross-encoder, too. With --dtype int8 mining takes half the
      time; three of four negatives are the same, the others about as near.`,
  },
} as const satisfies Sections;

export type Values = ValuesOf<TableOf<typeof sections>>;

/** The options of mining, without models and corpus. @throws UsageError for other than two columns */
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
