/** Embeddings of many texts as work in shards: each shard reads its part of the inputs and writes one file. */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { defined, type Given } from "../../common/optional.ts";
import { checkedOptions } from "../../common/options.ts";
import { packageVersion } from "../../common/package-version.ts";
import { HpdError } from "../../errors.ts";
import { listFiles } from "../../storage/list-files.ts";
import { parseLocation } from "../../storage/location.ts";
import { openOutputFolder } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import type { StoredFile } from "../../storage/stored-file.ts";
import { commonFormat, isTextFile, requireContents } from "../inputs/input-format.ts";
import { partsOf } from "../inputs/parts.ts";
import { lineColumn, rowsOfParts } from "../inputs/rows.ts";
import { type OpenWorkOptions, openWorkOptions } from "../open-options.ts";
import { openShardFile, readShardSummary } from "../shard-file.ts";
import {
  type RunShardOptions,
  runShardOptions,
  type ShardedWork,
  type ShardResult,
  type WorkDescription,
} from "../sharded-work.ts";
import { encodeRows } from "./encode-rows.ts";
import { columnsToRead, type FindOptions, findOut } from "./find.ts";
import { LazyModel } from "./lazy-model.ts";
import {
  type EncodeManifest,
  fingerprintOf,
  keepManifest,
  newPlan,
  readManifest,
  requireSameWork,
} from "./manifest.ts";
import { checkedEncodeWork, type EncodeWorkOptions } from "./options.ts";
import { shardFileName, shardSizes, withShard } from "./shard-files.ts";

export class EncodeWork implements ShardedWork {
  readonly description: WorkDescription;
  readonly fingerprint: string;
  readonly shards: number;
  readonly #folder: OutputFolder;
  readonly #manifest: EncodeManifest;
  readonly #reading: FindOptions;
  readonly #model: LazyModel;
  #isDisposed = false;

  private constructor(
    options: Given<EncodeWorkOptions>,
    folder: OutputFolder,
    manifest: EncodeManifest,
    reading: FindOptions,
    model: LazyModel,
  ) {
    this.description = { kind: "encode", ...options };
    this.fingerprint = fingerprintOf(manifest);
    this.shards = manifest.shards;
    this.#folder = folder;
    this.#manifest = manifest;
    this.#reading = reading;
    this.#model = model;
  }

  /**
   * Opens the work, and begins it where nobody has: then the model is loaded.
   *
   * @throws HpdError `invalid_argument` where the output has shards of another work; as listing, reading and loading do
   */
  static async open(given: EncodeWorkOptions, machine: OpenWorkOptions = {}): Promise<EncodeWork> {
    const checked = checkedOptions("openWork", machine, openWorkOptions);
    const options = await withPaths(checkedEncodeWork(given));
    const { signal } = checked;
    const folder = openOutputFolder(options.output);
    const files = await listFiles(options.inputs, { accepts: isTextFile, signal });
    const model = new LazyModel(options, checked);
    const reading = readingOf(options, files, signal);
    const plan = newPlan({
      hpd: packageVersion,
      shards: options.shards,
      inputs: {
        format: reading.format,
        field: reading.field,
        files: files.map(({ name, size, version }) => ({ name, size, version })),
      },
      model: { name: basename(model.path), fingerprint: await model.fingerprint() },
      encode: reading.encode as Readonly<Record<string, string | number | boolean>>,
      output: { format: options.outputFormat ?? "parquet", precision: reading.precision, keep: options.keep ?? null },
    });
    try {
      const manifest =
        (await readManifest(folder, signal)) ??
        (await keepManifest(folder, { ...plan, ...(await findOut(await model.get(), reading)) }, signal));
      requireSameWork(folder.name, manifest, plan);
      await folder.sweep(signal);
      return new EncodeWork(options, folder, manifest, reading, model);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  async committed(signal?: AbortSignal): Promise<ReadonlySet<number>> {
    return new Set((await shardSizes(this.#folder, this.#manifest, signal)).keys());
  }

  async run(shard: number, options: RunShardOptions = {}): Promise<ShardResult> {
    const { signal, onProgress } = checkedOptions("run", options, runShardOptions);
    if (this.#isDisposed) throw new HpdError("disposed", "the work was disposed");
    if (!Number.isSafeInteger(shard) || shard < 0 || shard >= this.shards) {
      const range = `from 0 to ${this.shards - 1}, as there are ${this.shards} shards`;
      throw new HpdError("invalid_argument", `shard should be ${range}, got ${shard}`);
    }
    signal?.throwIfAborted();
    const start = performance.now();
    const resultOf = (rows: number, wasCommitted: boolean): ShardResult => ({
      rows,
      seconds: (performance.now() - start) / 1000,
      wasCommitted,
    });
    const { output, columns, dimension, ranges } = this.#manifest;
    const rowsThere = await this.#committedRows(shard, signal);
    if (rowsThere !== undefined) return resultOf(rowsThere, true);
    const model = await this.#model.get();
    const file = await this.#folder.create(shardFileName(this.#manifest, shard), signal);
    try {
      const shape = { dimension, dtype: output.precision };
      const writer = await openShardFile(file, output.format, columns, shape);
      const { files, format, field, encode, precision } = this.#reading;
      const parts = partsOf(files, shard, this.shards);
      const rows = rowsOfParts(parts, { format, columns: columnsToRead(this.#reading), signal });
      const count = await encodeRows(model, rows, writer, {
        field,
        columns,
        areAll: output.format === "parquet" && output.keep === null,
        encode,
        precision,
        ranges: ranges && { minimum: Float32Array.from(ranges.minimum), maximum: Float32Array.from(ranges.maximum) },
        signal,
        onRow: (done) => onProgress?.(done),
      });
      await writer.end();
      signal?.throwIfAborted();
      return resultOf(count, !(await file.finishFirst()));
    } catch (error) {
      await file.abort().catch(() => {});
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#model.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** The number of rows of a shard that is committed. */
  async #committedRows(shard: number, signal: AbortSignal | undefined): Promise<number | undefined> {
    const { format } = this.#manifest.output;
    try {
      return await withShard(
        this.#folder,
        this.#manifest,
        shard,
        signal,
        async (reader) => (await readShardSummary(reader, format)).rows,
      );
    } catch (error) {
      if (error instanceof HpdError && error.code === "not_found") return undefined;
      throw error;
    }
  }
}

function readingOf(
  options: Given<EncodeWorkOptions>,
  files: readonly StoredFile[],
  signal: AbortSignal | undefined,
): FindOptions {
  const { prompt, promptName, task, normalizeEmbeddings, truncateDim } = options;
  const format = commonFormat(
    files.map(({ name }) => name),
    options.inputFormat,
  );
  requireContents(files, format);
  return {
    files,
    format,
    field: format === "text" ? lineColumn : (options.field ?? "text"),
    keep: options.keep,
    hasColumns: (options.outputFormat ?? "parquet") === "parquet",
    precision: options.precision ?? "float32",
    encode: defined({ prompt, promptName, task, normalizeEmbeddings, truncateDim }),
    signal,
  };
}

/** The options with paths that are good in any folder. */
async function withPaths(options: Given<EncodeWorkOptions>): Promise<Given<EncodeWorkOptions>> {
  const { model } = options;
  const inputs = options.inputs.map(wherever);
  const output = wherever(options.output);
  const around = inputs.find((input) => `${output}/`.startsWith(input.endsWith("/") ? input : `${input}/`));
  if (around !== undefined) {
    const problem = `the output ${options.output} lies in the input ${around}, of which its files would be a part`;
    throw new HpdError("invalid_argument", `${problem}: name a folder outside`);
  }
  const isFolder = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;
  return {
    ...options,
    inputs,
    output,
    ...(model !== undefined && { model: (await isFolder(model)) ? resolve(model) : model }),
  };
}

function wherever(location: string): string {
  const parsed = parseLocation(location);
  return parsed.kind === "disk" ? resolve(parsed.path) : location;
}
