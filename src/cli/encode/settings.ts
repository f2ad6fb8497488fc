/** The settings of `hpd encode`. */
import { inputAbout, inputSettings, inputTerms } from "../input.ts";
import { modelSettings } from "../model.ts";
import { progressSettings } from "../progress.ts";
import { promptSettings } from "../prompt.ts";
import { submitAbout, submitSettings } from "../queue/settings.ts";
import { nonNegativeInteger, positiveInteger, type Sections, type TableOf, type ValuesOf } from "../settings/table.ts";

const precisions = ["float32", "float16", "int8", "uint8", "binary", "ubinary"] as const;

export const sections = {
  Input: {
    about: `${inputAbout}; several files are read one after the other, of a folder those of a known extension. A file may be at
      https:// or s3://bucket/path, a folder at s3://bucket/path/.`,
    terms: {
      ...inputTerms,
      "anything else": "plain text: one text per line. An empty line is an empty text, so line i is embedding i.",
    },
    settings: inputSettings,
  },
  Output: {
    about: "By the output file's extension. The file appears under its name when it is complete.",
    terms: {
      ".parquet": 'the columns of the input, and a column "embedding" of lists of a fixed size',
      ".lance": "a table of LanceDB, folder/name.lance, with the same columns",
      ".npy": "for numpy.load: an array [texts, dimension]",
      ".safetensors": 'a tensor "embeddings" [texts, dimension]',
      ".jsonl": 'one {"index": 0, "embedding": [...]} per line; the format of standard output, too',
    },
    settings: {
      output: {
        kind: "text",
        short: "o",
        value: "FILE",
        help: "output file; with --shards the folder of the shards, or s3://bucket/path",
        defaultsTo: "standard output",
      },
      keep: {
        kind: "text",
        value: "NAMES",
        help:
          "columns that .parquet and .lance keep, separated by commas, with their type if the first rows don't tell: " +
          "id,year:integer,tags:json; text, integer, number, boolean, json",
        defaultsTo: "all",
      },
    },
  },
  "Many machines": {
    about: `
      With --shards, the input is cut into so many parts of equal size, and each run writes those that are missing, or the one
      that --shard names: one file each, which appears whole. Whoever runs a shard, how often, and whoever is killed, its bytes
      are the same. A manifest beside them keeps other inputs, models and options out.`,
    settings: {
      shards: { ...positiveInteger, help: "cut the input into N shards" },
      shard: {
        ...nonNegativeInteger,
        value: "I",
        help: "write only this one, counted from 0",
        defaultsTo: "JOB_COMPLETION_INDEX of Kubernetes, SLURM_ARRAY_TASK_ID of Slurm, or all that are missing",
      },
      "shard-format": {
        kind: "text",
        value: "FORMAT",
        choices: ["parquet", "npy", "safetensors"],
        default: "parquet",
        help: "format of the shards",
      },
      join: { kind: "text", value: "OUT", help: "write all shards of that folder, of Parquet, into --output" },
      status: { kind: "text", value: "OUT", help: "print how many shards of that folder are done" },
      verify: {
        kind: "text",
        value: "OUT",
        help: "read all shards of that folder back: rows, checksums, finite numbers",
      },
      json: { kind: "switch", help: "print what was done, the status or what --verify found as JSON" },
    },
  },
  "A queue": { about: submitAbout, settings: submitSettings },
  Encoding: {
    settings: {
      ...promptSettings,
      normalize: { kind: "switch", help: "scale every embedding to length 1" },
      "truncate-dim": { ...positiveInteger, help: "keep only the first N dimensions" },
      precision: {
        kind: "text",
        value: "P",
        choices: precisions,
        default: "float32",
        help:
          "element type of the embeddings. int8 and uint8 are scaled by the range of all texts, so all are in memory " +
          "at once; with --shards int8 is scaled by the range of a sample, and float16 is the only other",
      },
      "output-value": {
        kind: "text",
        value: "VALUE",
        choices: ["sentence_embedding", "token_embeddings"],
        default: "sentence_embedding",
        help: "token_embeddings gives an embedding for each token, to .jsonl only; sentence_embedding one per text",
      },
      ...progressSettings,
    },
  },
  Model: { settings: modelSettings },
} as const satisfies Sections;

export type EncodeValues = ValuesOf<TableOf<typeof sections>>;

/** The columns of `--keep`; undefined for all. */
export function keptColumns({ keep }: EncodeValues): string[] | undefined {
  return keep?.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
}
