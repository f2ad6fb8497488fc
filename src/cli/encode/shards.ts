/** `hpd encode --shards`: the missing shards, here or by a queue, or one of them; how far a work is; whether it is sound. */
import { counted, grouped } from "../../common/numbers.ts";
import { defined } from "../../common/optional.ts";
import { HpdError } from "../../errors.ts";
import { openJoinedRows } from "../../jobs/encode/join.ts";
import {
  type EncodeWorkOptions,
  openEncodeWork,
  type ShardPrecision,
  shardPrecisions,
  workStatus,
} from "../../jobs/index.ts";
import { verifiedWork } from "../../jobs/work-status.ts";
import type { CommandContext } from "../command.ts";
import { loadReports } from "../model.ts";
import { Outputs } from "../output/outputs.ts";
import { progressLineFor } from "../progress.ts";
import { promptOptions } from "../prompt.ts";
import { runShards } from "../shards/run-shards.ts";
import { shardToRun } from "../shards/shard-number.ts";
import { note, print, printJson } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { fileFormatOf, openRowsOutput } from "./open-output.ts";
import { type EncodeValues, keptColumns } from "./settings.ts";

/** The work that the flags describe. @throws UsageError where they don't go with shards */
function encodeWorkOf(context: CommandContext<EncodeValues>): EncodeWorkOptions {
  const { values, positionals } = context;
  const { shards, output, precision } = values;
  if (shards === undefined) throw new UsageError("missing --shards");
  if (output === undefined) throw new UsageError("--shards needs --output, the folder of the shards");
  if (/\.(?:parquet|npy|safetensors|jsonl)$/.test(output)) {
    throw new UsageError(`with --shards, --output is a folder, got ${output}; --shard-format says what is in it`);
  }
  if (positionals.length === 0 || positionals.includes("-")) {
    throw new UsageError("--shards reads files, which standard input is not: name files, folders or URLs");
  }
  if (values["output-value"] !== "sentence_embedding") {
    throw new UsageError("--output-value token_embeddings is not for shards: leave --shards out");
  }
  if (!shardPrecisions.some((each) => each === precision)) {
    throw new UsageError(`--precision with --shards should be one of ${shardPrecisions.join(", ")}, got ${precision}`);
  }
  const { signal: _, ...prompt } = promptOptions(context);
  return {
    inputs: positionals,
    output,
    shards,
    ...prompt,
    ...defined({
      model: values.model,
      dtype: values.dtype,
      pooling: values.pooling,
      revision: values.revision,
      inputFormat: values["input-format"],
      field: values.field,
      keep: keptColumns(values),
      truncateDim: values["truncate-dim"],
    }),
    ...(values.normalize && { normalizeEmbeddings: true }),
    outputFormat: values["shard-format"],
    precision: precision as ShardPrecision,
  };
}

export async function encodeShards(context: CommandContext<EncodeValues>): Promise<void> {
  const { values, signal } = context;
  const options = encodeWorkOf(context);
  const only = shardToRun(values, options.shards);
  const line = progressLineFor(values);
  try {
    await using work = await openEncodeWork(options, {
      ...defined({ workers: values.workers, token: values.token, cacheFolder: values["cache-folder"] }),
      ...(values.offline && { localFilesOnly: true }),
      ...loadReports(line),
      signal,
    });
    await runShards(work, { values, only, row: "text", signal, line });
  } finally {
    line.clear();
  }
}

/** `--status` */
export async function printStatus(output: string, { values, signal }: CommandContext<EncodeValues>): Promise<void> {
  const status = await workStatus(output, { signal });
  if (values.json) {
    printJson(status);
    return;
  }
  const { shards, done, missing, rows, bytes, dimension, format, precision } = status;
  print(
    `done      ${done.length} of ${shards} shards\n`,
    `missing   ${missing.length === 0 ? "none" : ranges(missing)}\n`,
    `rows      ${grouped(rows)}, ${precision}${dimension === undefined ? "" : ` of ${dimension} dimensions`}\n`,
    `bytes     ${grouped(bytes)} of ${format}\n`,
  );
}

/** `--verify` @throws HpdError `corrupt_file` where a shard is not as it was written */
export async function printVerification(
  output: string,
  { values, signal }: CommandContext<EncodeValues>,
): Promise<void> {
  const line = progressLineFor(values);
  let looked = 0;
  const { committed, missing, rows, problems } = await verifiedWork(output, {
    signal,
    onShard: (_, of) => line.show(() => `${++looked} of ${of} shards`),
  }).finally(() => line.clear());
  if (values.json) printJson({ verified: committed, missing, rows, problems });
  if (problems.length === 0) {
    const are = committed === 1 ? "is as it was" : "are as they were";
    if (!values.json) print(`${counted(committed, "shard")} of ${counted(rows, "row")} ${are} written\n`);
    return;
  }
  const all = problems.map(({ file, problem }) => `${file}: ${problem}`).join("\n");
  throw new HpdError("corrupt_file", `${all}\nDelete these files and run their shards again`);
}

/** `--join` */
export async function joinShards(folder: string, { values, signal }: CommandContext<EncodeValues>): Promise<void> {
  const { output } = values;
  if (output === undefined || fileFormatOf(output) === undefined) {
    throw new UsageError("--join needs an --output of .parquet, .lance, .npy or .safetensors");
  }
  const { rows, columns, shape } = await openJoinedRows(folder, signal);
  const line = progressLineFor(values);
  let done = 0;
  try {
    await using outputs = new Outputs();
    const writer = await openRowsOutput(outputs, output, columns, shape);
    for await (const { embedding, cells } of rows) {
      await writer.write(embedding, cells);
      done++;
      line.show(() => `${grouped(done)} rows`);
    }
    await writer.end();
    signal.throwIfAborted();
    await outputs.finish();
  } finally {
    line.clear();
  }
  if (!values.quiet) note(`${counted(done, "row")}, ${output}`);
}

/** Numbers with runs of them as `3-7`. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(",");
}
