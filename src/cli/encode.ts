/** `hpd encode`: a file of texts becomes a file of embeddings. */
import type { EmbeddingPrecision, EncodeOptions, SentenceTransformer } from "../index.ts";
import type { EmbeddingArray } from "../tensor/embeddings.ts";
import { inputFormats, openTexts } from "../texts/open-texts.ts";
import {
  type Command,
  type CommandContext,
  choiceFlag,
  type Flags,
  positiveIntegerFlag,
  stringFlag,
  UsageError,
} from "./command.ts";
import { loadModel, modelFlags, modelFlagsHelp } from "./model.ts";
import { openArrayFile } from "./output/array-file.ts";
import { openJsonl } from "./output/jsonl.ts";
import { npy } from "./output/npy.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { safetensors } from "./output/safetensors.ts";
import type { EmbeddingDType } from "./output/writer.ts";
import { grouped, type ProgressLine, progressFlags, progressLineFor, Rate } from "./progress.ts";
import { promptFlags, promptFlagsHelp, promptOptions } from "./prompt.ts";
import { note } from "./terminal.ts";

const precisions = ["float32", "int8", "uint8", "binary", "ubinary"] as const;

const arrayFormats = { ".npy": npy, ".safetensors": safetensors };

export const encodeCommand: Command = {
  summary: "a file of texts becomes a file of embeddings",
  help: `Usage: hpd encode [FILE] [--output FILE] [options]

Reads texts from FILE, or from standard input where there is none or it is "-", and writes their embeddings in the same
order. Memory stays bounded, whatever the size of the file.

Input, told by the file's extension; .gz is unzipped:
  .jsonl .ndjson           one JSON object a line; the text is the field that --field names
  .json                    an array of strings, or of objects with that field; or one object
  .csv .tsv                with a header row; the text is the column that --field names
  .parquet                 the text is the column that --field names
  anything else            text: every line is one text. An empty line is an empty text, so line i is embedding i.
  --field NAME             default: text
  --input-format FORMAT    ${inputFormats.join(", ")}: instead of the extension, for standard input

Output, told by the file's extension; it appears when it is whole:
  .npy                     for numpy.load: an array [texts, dimension]
  .safetensors             a tensor "embeddings" [texts, dimension]
  .jsonl                   {"index": 0, "embedding": [...]} a line; also what goes to standard output without --output
  -o, --output FILE        default: standard output

Encoding:
${promptFlagsHelp("put before every text")}
  --normalize              scale every embedding to length 1
  --truncate-dim N         keep only the first N dimensions
  --precision P            ${precisions.join(", ")}: element type of the embeddings.
                           int8 and uint8 need the range of all texts, which then are in memory at once.
  --output-value VALUE     sentence_embedding (default), or token_embeddings: a list for each token, .jsonl only
  --progress               show progress where stderr is no terminal
  --quiet                  say nothing on stderr but errors

${modelFlagsHelp}

Examples:
  hpd encode sentences.txt --output embeddings.npy
  hpd encode articles.jsonl.gz --field title --normalize --output titles.safetensors
  cat queries.txt | hpd encode --task query --truncate-dim 64 > queries.jsonl`,
  options: {
    ...modelFlags,
    field: { type: "string" },
    "input-format": { type: "string" },
    output: { type: "string", short: "o" },
    ...promptFlags,
    normalize: { type: "boolean" },
    "truncate-dim": { type: "string" },
    precision: { type: "string" },
    "output-value": { type: "string" },
    ...progressFlags,
  },
  async run(context) {
    const { flags, positionals } = context;
    if (positionals.length > 1) throw new UsageError(`one file at a time, got ${positionals.join(", ")}`);
    const precision = choiceFlag(flags, "precision", precisions) ?? "float32";
    const wantsTokens =
      choiceFlag(flags, "output-value", ["sentence_embedding", "token_embeddings"]) === "token_embeddings";
    const output = stringFlag(flags, "output");
    const extension = output === undefined ? ".jsonl" : (/\.[^./\\]+$/.exec(output)?.[0] ?? "");
    if (extension !== ".jsonl" && !Object.hasOwn(arrayFormats, extension)) {
      throw new UsageError(`--output should end in .npy, .safetensors or .jsonl, got ${output}`);
    }
    if (wantsTokens && (extension !== ".jsonl" || precision !== "float32")) {
      throw new UsageError("--output-value token_embeddings needs an output of .jsonl and the precision float32");
    }
    if (wantsTokens && (flags.normalize || flags["truncate-dim"] !== undefined)) {
      throw new UsageError("token embeddings come as they are: leave --normalize and --truncate-dim out");
    }
    const input = positionals[0] ?? "-";
    await requireSeparateOutputs(flags, [input], ["output"]);
    const source = await openTexts(input, {
      format: choiceFlag(flags, "input-format", inputFormats),
      field: stringFlag(flags, "field") ?? "text",
      signal: context.signal,
    });
    await using model = await loadModel(context);
    const options = encodeOptions(context);
    const progress = new Progress(flags, source.fractionRead);

    const jsonl = extension === ".jsonl" ? await openJsonl(output) : undefined;
    const writer = jsonl ?? (await openArrayFile(output!, arrayFormats[extension as keyof typeof arrayFormats]));
    try {
      if (wantsTokens) {
        for await (const text of source.texts) {
          await jsonl!.writeMatrix(
            await model.encode(text, { ...promptOptions(context), outputValue: "token_embeddings" }),
          );
          progress.add();
        }
      } else {
        for await (const embedding of embeddingsOf(model, source.texts, precision, {
          ...options,
          isFile: input !== "-",
        })) {
          await writer.write(embedding);
          progress.add();
        }
      }
      context.signal.throwIfAborted();
      await writer.finish(emptyArray(model, options.truncateDim, precision));
    } catch (error) {
      // What went wrong before is what the user should see.
      await writer.abort().catch(() => {});
      throw error;
    } finally {
      progress.clear();
    }
    progress.finish(output);
  },
};

function encodeOptions(context: CommandContext): Omit<EncodeOptions, "precision"> {
  const truncateDim = positiveIntegerFlag(context.flags, "truncate-dim");
  return {
    ...promptOptions(context),
    normalizeEmbeddings: context.flags.normalize === true,
    ...(truncateDim !== undefined && { truncateDim }),
  };
}

async function* embeddingsOf(
  model: SentenceTransformer,
  texts: AsyncIterable<string>,
  precision: EmbeddingPrecision,
  { isFile, ...options }: Omit<EncodeOptions, "precision"> & { readonly isFile: boolean },
): AsyncGenerator<EmbeddingArray, void, undefined> {
  if (precision === "int8" || precision === "uint8") {
    const all: string[] = [];
    for await (const text of texts) all.push(text);
    yield* await model.encode(all, { ...options, precision });
  } else {
    // Whoever pipes texts in may wait for their embeddings; those of a file are the same bytes in every run.
    yield* model.encodeStream(texts, { ...options, precision, fullWindows: isFile });
  }
}

/** The shape of an array without rows. */
function emptyArray(
  model: SentenceTransformer,
  truncateDim: number | undefined,
  precision: EmbeddingPrecision,
): { dimension: number; dtype: EmbeddingDType } {
  const dimension = Math.min(truncateDim ?? model.dimension, model.dimension);
  if (precision === "binary") return { dimension: Math.ceil(dimension / 8), dtype: "int8" };
  if (precision === "ubinary") return { dimension: Math.ceil(dimension / 8), dtype: "uint8" };
  return { dimension, dtype: precision };
}

class Progress {
  readonly #line: ProgressLine;
  readonly #isQuiet: boolean;
  readonly #rate = new Rate();
  readonly #fraction: () => number | undefined;
  #done = 0;

  constructor(flags: Flags, fraction: () => number | undefined) {
    this.#isQuiet = flags.quiet === true;
    this.#line = progressLineFor(flags);
    this.#fraction = fraction;
  }

  add(): void {
    this.#done++;
    this.#line.show(() => {
      const timeLeft = this.#rate.timeLeft(this.#fraction());
      return this.#summary() + (timeLeft === "" ? "" : `, ${timeLeft} left`);
    });
  }

  clear(): void {
    this.#line.clear();
  }

  finish(output: string | undefined): void {
    if (this.#isQuiet) return;
    const where = output === undefined ? "" : `, ${output}`;
    note(`${this.#summary()}${where}`);
  }

  #summary(): string {
    return `${grouped(this.#done)} texts, ${grouped(this.#rate.of(this.#done))}/s`;
  }
}
