/** Gives an index to another system: as a Parquet file, or as a collection of Qdrant. */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { HpdError } from "../../errors.ts";
import type { IndexDescription } from "../description.ts";
import { indexLocation } from "../location.ts";

export interface ExportOptions {
  /** Path of a Parquet file to write. Either this or `qdrant`. */
  readonly parquet?: string | undefined;
  readonly qdrant?: QdrantOptions | undefined;
  readonly onProgress?: ((progress: Progress<"export", number>) => void) | undefined;
  /** Stops between two pieces; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface QdrantOptions {
  /** Default: `QDRANT_URL` of the environment, else `http://localhost:6333`. */
  readonly url?: string | undefined;
  /** Made if it isn't there. */
  readonly collection: string;
  /** Default: `QDRANT_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
}

const qdrantOptions: OptionTable<QdrantOptions> = { url: "string", collection: "string", apiKey: "string" };

const exportOptions: OptionTable<ExportOptions> = {
  parquet: "string",
  qdrant: qdrantOptions,
  onProgress: "function",
  signal: "signal",
};

export interface ExportReport {
  readonly passages: number;
  readonly dimension: number;
  readonly similarity: IndexDescription["similarity"];
}

/**
 * Exports all passages of an index with their embeddings, as they are stored: those of `int8` and `binary` rounded, with
 * length 1. Memory is bounded. An export that was stopped is begun again: the file is made anew, and points of Qdrant
 * that are there already are replaced by the same. Points of passages that the index has no longer stay.
 *
 * @param location of the index: a folder, `s3://bucket/path`, or `postgres://user@host/database`
 * @throws HpdError `not_found` where there is no index; `invalid_argument`, `unauthorized`, `network`, as `PassageIndex.open`
 *   does; the signal's reason
 */
export async function exportIndex(location: string, given: ExportOptions): Promise<ExportReport> {
  const place = indexLocation(location);
  const { parquet, qdrant, onProgress = () => {}, signal } = checkedOptions("exportIndex", given, exportOptions);
  if ((parquet === undefined) === (qdrant === undefined)) {
    throw new HpdError("invalid_argument", "exportIndex: give parquet, the path of a file, or qdrant, a collection");
  }
  const store = await place.open("read");
  if (store === undefined) throw new HpdError("not_found", `there is no index at ${place.name}`);
  await using _store = store;
  signal?.throwIfAborted();
  const total = await store.count();
  let done = 0;
  const onDone = (count: number) => {
    done += count;
    onProgress({ stage: "export", done, total: Math.max(total, done) });
  };
  onProgress({ stage: "export", done, total });
  if (parquet !== undefined) {
    // Imported here, so that those who search need no writer of Parquet.
    const { toParquet } = await import("./to-parquet.ts");
    await toParquet(store, parquet, signal, onDone);
  } else {
    const { toQdrant } = await import("./to-qdrant.ts");
    const { QDRANT_URL, QDRANT_API_KEY } = process.env;
    const { url = QDRANT_URL || "http://localhost:6333", apiKey = QDRANT_API_KEY || undefined, collection } = qdrant!;
    await toQdrant(store, { url, apiKey, collection, signal }, onDone);
  }
  const { dimension, similarity } = store.description;
  return { passages: done, dimension, similarity };
}
