/** `hpd encode`: the embeddings of a file of texts. */

import { grouped } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import type { EmbeddingPrecision, EncodeOptions, SentenceTransformer } from "../index.ts";
import type { EmbeddingArray } from "../tensor/embeddings.ts";
import { openTexts } from "../texts/open-texts.ts";
import { type CommandContext, defineCommand, optionalArgument } from "./command.ts";
import { inputAbout, inputSettings, inputTerms } from "./input.ts";
import { loadModel, modelSettings } from "./model.ts";
import { openArrayFile } from "./output/array-file.ts";
import { type JsonlWriter, openJsonl } from "./output/jsonl.ts";
import { npy } from "./output/npy.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { safetensors } from "./output/safetensors.ts";
import type { EmbeddingWriter, EmptyArray } from "./output/writer.ts";
import { progressSettings } from "./progress.ts";
import { promptOptions, promptSettings } from "./prompt.ts";
import { positiveInteger, type Sections, type TableOf, type ValuesOf } from "./settings/table.ts";
import { TextsProgress } from "./texts-progress.ts";
import { UsageError } from "./usage-error.ts";

const precisions = ["float32", "int8", "uint8", "binary", "ubinary"] as const;

const arrayFormats = { ".npy": npy, ".safetensors": safetensors };

const sections = {
  Input: {
    about: inputAbout,
    terms: {
      ...inputTerms,
      "anything else": "plain text: one text per line. An empty line is an empty text, so line i is embedding i.",
    },
    settings: inputSettings,
  },
  Output: {
    about: "By the output file's extension. The file appears under its name when it is complete.",
    terms: {
      ".npy": "for numpy.load: an array [texts, dimension]",
      ".safetensors": 'a tensor "embeddings" [texts, dimension]',
      ".jsonl": 'one {"index": 0, "embedding": [...]} per line; the format of standard output, too',
    },
    settings: {
      output: { kind: "text", short: "o", value: "FILE", help: "output file", defaultsTo: "standard output" },
    },
  },
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
          "at once",
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

type Values = ValuesOf<TableOf<typeof sections>>;

export const encodeCommand = defineCommand({
  summary: "compute the embeddings of a file of texts",
  usage: "encode [FILE] [--output FILE] [options]",
  about: `
    Reads texts from FILE, or from standard input, and writes their embeddings in the same order. Memory stays bounded,
    whatever the size of the file.`,
  sections,
  examples: {
    "Embed a text file, one sentence per line, for NumPy": "hpd encode sentences.txt --output embeddings.npy",
    "Embed one field of compressed JSON lines":
      "hpd encode articles.jsonl.gz --field title --normalize --output titles.safetensors",
    "Embed search queries from a pipe, with 64 dimensions":
      "cat queries.txt | hpd encode --task query --truncate-dim 64 > queries.jsonl",
  },
  async run(context) {
    const { values, positionals, signal } = context;
    const input = optionalArgument(positionals, "FILE") ?? "-";
    const { output } = values;
    const extension = output === undefined ? ".jsonl" : (/\.[^./\\]+$/.exec(output)?.[0] ?? "");
    requireOutputFormat(values, extension);
    await requireSeparateOutputs(values, [input], ["output"]);
    const source = await openTexts(input, { format: values["input-format"], field: values.field, signal });
    await using model = await loadModel(context);
    let done = 0;
    const progress: TextsProgress = new TextsProgress(
      values,
      source.fractionRead,
      () => `${grouped(done)} texts, ${grouped(progress.rate.of(done))}/s`,
    );
    const count = () => {
      done++;
      progress.show();
    };
    try {
      await using outputs = new Outputs();
      const format = arrayFormats[extension as keyof typeof arrayFormats];
      const writer = await outputs.add<EmbeddingWriter | JsonlWriter>(
        extension === ".jsonl" ? openJsonl(output) : openArrayFile(output!, format, emptyArray(model, values)),
      );
      if ("writeMatrix" in writer && values["output-value"] === "token_embeddings") {
        for await (const text of source.texts) {
          await writer.writeMatrix(
            await model.encode(text, { ...promptOptions(context), outputValue: "token_embeddings" }),
          );
          count();
        }
      } else {
        for await (const embedding of embeddingsOf(model, source.texts, context, input !== "-")) {
          await writer.write(embedding);
          count();
        }
      }
      signal.throwIfAborted();
      await outputs.finish();
    } finally {
      progress.clear();
    }
    progress.finish(output === undefined ? "" : `, ${output}`);
  },
});

/** @throws UsageError for an extension that is no format, and for token embeddings in other than plain JSONL */
function requireOutputFormat(values: Values, extension: string): void {
  const { output, precision } = values;
  if (extension !== ".jsonl" && !Object.hasOwn(arrayFormats, extension)) {
    throw new UsageError(`--output should end in .npy, .safetensors or .jsonl, got ${output}`);
  }
  if (values["output-value"] === "sentence_embedding") return;
  if (extension !== ".jsonl" || precision !== "float32") {
    throw new UsageError("--output-value token_embeddings needs an output of .jsonl and --precision float32");
  }
  if (values.normalize || values["truncate-dim"] !== undefined) {
    throw new UsageError("--output-value token_embeddings excludes --normalize and --truncate-dim: leave them out");
  }
}

async function* embeddingsOf(
  model: SentenceTransformer,
  texts: AsyncIterable<string>,
  context: CommandContext<Values>,
  isFile: boolean,
): AsyncGenerator<EmbeddingArray, void, undefined> {
  const { values } = context;
  const precision: EmbeddingPrecision = values.precision;
  const options: Omit<EncodeOptions, "precision"> = {
    ...promptOptions(context),
    normalizeEmbeddings: values.normalize === true,
    ...defined({ truncateDim: values["truncate-dim"] }),
  };
  if (precision === "int8" || precision === "uint8") {
    const all: string[] = [];
    for await (const text of texts) all.push(text);
    yield* await model.encode(all, { ...options, precision });
  } else {
    // A pipe's writer may wait for the embeddings; those of a file are the same bytes in every run.
    yield* model.encodeStream(texts, { ...options, precision, fullWindows: isFile });
  }
}

/** The dimension and element type of an array without rows. */
function emptyArray(model: SentenceTransformer, values: Values): EmptyArray {
  const { precision } = values;
  const dimension = Math.min(values["truncate-dim"] ?? model.dimension, model.dimension);
  if (precision === "binary") return { dimension: Math.ceil(dimension / 8), dtype: "int8" };
  if (precision === "ubinary") return { dimension: Math.ceil(dimension / 8), dtype: "uint8" };
  return { dimension, dtype: precision };
}
