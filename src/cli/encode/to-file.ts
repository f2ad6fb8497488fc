/** `hpd encode` without shards: the embeddings of texts in one file, or on standard output. */
import { stat } from "node:fs/promises";
import { counted, grouped } from "../../common/numbers.ts";
import { defined } from "../../common/optional.ts";
import type { EmbeddingPrecision, EncodeOptions, SentenceTransformer } from "../../index.ts";
import { Fifo } from "../../jobs/encode/fifo.ts";
import { storedAs } from "../../jobs/encode/stored-as.ts";
import type { EmbeddingShape } from "../../jobs/outputs/embedding-rows.ts";
import type { EmbeddingArray } from "../../tensor/embeddings.ts";
import { openTexts } from "../../texts/open-texts.ts";
import type { CommandContext } from "../command.ts";
import { loadModel } from "../model.ts";
import { type JsonlWriter, openJsonl } from "../output/jsonl.ts";
import { Outputs } from "../output/outputs.ts";
import { requireSeparateOutputs } from "../output/own-input.ts";
import { promptOptions } from "../prompt.ts";
import { TextsProgress } from "../texts-progress.ts";
import { UsageError } from "../usage-error.ts";
import { type OpenedInput, openInputs } from "./open-inputs.ts";
import { type FileFormat, fileFormatOf, hasColumns, openRowsOutput } from "./open-output.ts";
import type { EncodeValues } from "./settings.ts";

export async function encodeToFile(context: CommandContext<EncodeValues>): Promise<void> {
  const { values, positionals, signal } = context;
  const inputs = positionals.length === 0 ? ["-"] : positionals;
  const { output } = values;
  const format = output === undefined ? undefined : fileFormatOf(output);
  requireOutputFormat(values, format);
  await requireSeparateOutputs(values, inputs, ["output"]);
  const isPlain = inputs.length === 1 && !hasColumns(format) && (await isOnePlain(inputs[0]!));
  const source = isPlain ? await openPlain(inputs[0]!, context) : await openInputs(inputs, format, context);
  await using model = await loadModel(context);
  let done = 0;
  const progress: TextsProgress = new TextsProgress(
    values,
    source.fractionRead,
    () => `${counted(done, "text")}, ${grouped(progress.rate.of(done))}/s`,
  );
  const count = () => {
    done++;
    progress.show();
  };
  try {
    await using outputs = new Outputs();
    if (format === undefined) {
      const writer = await outputs.add(openJsonl(output));
      await writeJsonl(writer, model, source, context, count);
    } else {
      const writer = await openRowsOutput(outputs, output!, source.columns, shapeOf(model, values));
      for await (const embedding of embeddingsOf(model, source, context)) {
        const isHalf = values.precision === "float16";
        const stored = isHalf ? storedAs(embedding as Float32Array, "float16") : embedding;
        await writer.write(stored, source.columns.length === 0 ? [] : source.cells.take());
        count();
      }
      await writer.end();
    }
    signal.throwIfAborted();
    await outputs.finish();
  } finally {
    progress.clear();
  }
  progress.finish(output === undefined ? "" : `, ${output}`);
}

/** Whether an input is a file or a pipe: neither elsewhere nor a folder. */
async function isOnePlain(input: string): Promise<boolean> {
  return !/:\/\//.test(input) && (await stat(input).catch(() => undefined))?.isDirectory() !== true;
}

/** A file, or standard input, of which only the texts are read. */
async function openPlain(input: string, { values, signal }: CommandContext<EncodeValues>): Promise<OpenedInput> {
  const { texts, fractionRead } = await openTexts(input, {
    format: values["input-format"],
    field: values.field,
    signal,
  });
  return { texts, fractionRead, columns: [], cells: new Fifo(), isPipe: input === "-" };
}

/** @throws UsageError for an extension that is no format, and for token embeddings in other than plain JSONL */
function requireOutputFormat(values: EncodeValues, format: FileFormat | undefined): void {
  const { output, precision } = values;
  const isJsonl = output === undefined || output.endsWith(".jsonl");
  if (!isJsonl && format === undefined) {
    throw new UsageError(`--output should end in .parquet, .lance, .npy, .safetensors or .jsonl, got ${output}`);
  }
  if (values.keep !== undefined && !hasColumns(format)) {
    throw new UsageError("--keep needs an output of .parquet or .lance, which have columns");
  }
  if (precision === "float16" && format === undefined) {
    throw new UsageError("--precision float16 needs an output of .parquet, .lance, .npy or .safetensors");
  }
  if (values["output-value"] === "sentence_embedding") return;
  if (!isJsonl || precision !== "float32") {
    throw new UsageError("--output-value token_embeddings needs an output of .jsonl and --precision float32");
  }
  if (values.normalize || values["truncate-dim"] !== undefined) {
    throw new UsageError("--output-value token_embeddings excludes --normalize and --truncate-dim: leave them out");
  }
}

async function writeJsonl(
  writer: JsonlWriter,
  model: SentenceTransformer,
  source: OpenedInput,
  context: CommandContext<EncodeValues>,
  onText: () => void,
): Promise<void> {
  if (context.values["output-value"] === "token_embeddings") {
    for await (const text of source.texts) {
      await writer.writeMatrix(
        await model.encode(text, { ...promptOptions(context), outputValue: "token_embeddings" }),
      );
      onText();
    }
    return;
  }
  for await (const embedding of embeddingsOf(model, source, context)) {
    await writer.write(embedding);
    onText();
  }
}

async function* embeddingsOf(
  model: SentenceTransformer,
  { texts, isPipe }: OpenedInput,
  context: CommandContext<EncodeValues>,
): AsyncGenerator<EmbeddingArray, void, undefined> {
  const { values } = context;
  const precision: EmbeddingPrecision = values.precision === "float16" ? "float32" : values.precision;
  const options: Omit<EncodeOptions, "precision"> = {
    ...promptOptions(context),
    normalizeEmbeddings: values.normalize === true,
    ...defined({ truncateDim: values["truncate-dim"] }),
  };
  if (precision === "int8" || precision === "uint8") {
    const all: string[] = [];
    for await (const text of texts) all.push(text);
    if (all.length < 2) {
      const problem = `--precision ${precision} needs the range of two texts or more, got ${counted(all.length, "text")}`;
      throw new UsageError(`${problem}: give more, or leave it out`);
    }
    yield* await model.encode(all, { ...options, precision });
  } else {
    // A pipe's writer may wait for the embeddings; those of a file are the same bytes in every run.
    yield* model.encodeStream(texts, { ...options, precision, fullWindows: !isPipe });
  }
}

/** The dimension and element type of the embeddings. */
function shapeOf(model: SentenceTransformer, values: EncodeValues): EmbeddingShape {
  const { precision } = values;
  const dimension = Math.min(values["truncate-dim"] ?? model.dimension, model.dimension);
  if (precision === "binary") return { dimension: Math.ceil(dimension / 8), dtype: "int8" };
  if (precision === "ubinary") return { dimension: Math.ceil(dimension / 8), dtype: "uint8" };
  return { dimension, dtype: precision };
}
