/** Rows become embeddings in a file, in bounded memory, and the same bytes whoever does it. */
import type { EncodeStreamOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import type { QuantizationRanges } from "../../similarity/quantized-embeddings.ts";
import { fieldHint, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { type Cell, cellsOf, type KeptColumn } from "../columns.ts";
import type { EmbeddingRows } from "../outputs/embedding-rows.ts";
import { Fifo } from "./fifo.ts";
import type { ShardPrecision } from "./options.ts";
import { storedAs } from "./stored-as.ts";

export interface EncodeRowsOptions {
  readonly field: string;
  readonly columns: readonly KeptColumn[];
  /** Whether these are all that the rows may have. */
  readonly areAll: boolean;
  readonly encode: Pick<EncodeStreamOptions, "prompt" | "promptName" | "task" | "normalizeEmbeddings" | "truncateDim">;
  readonly precision: ShardPrecision;
  /** Ranges for int8. */
  readonly ranges: QuantizationRanges | undefined;
  readonly signal: AbortSignal | undefined;
  /** Told of the number of rows that are written. */
  readonly onRow: (rows: number) => void;
}

/** @returns the number of rows @throws what reading, encoding and writing throw */
export async function encodeRows(
  model: SentenceTransformer,
  rows: AsyncIterable<Row>,
  output: EmbeddingRows,
  options: EncodeRowsOptions,
): Promise<number> {
  const { field, columns, areAll, precision, ranges, signal, onRow } = options;
  const cells = new Fifo<Cell[]>();
  async function* texts(): AsyncGenerator<string, void, undefined> {
    for await (const row of rows) {
      cells.add(cellsOf(row, columns, areAll));
      yield textOf(row, field, fieldHint);
    }
  }
  let count = 0;
  const stream = { ...options.encode, fullWindows: true, fixedBatches: true, ...(signal && { signal }) };
  for await (const embedding of model.encodeStream(texts(), stream)) {
    await output.write(storedAs(embedding, precision, ranges), cells.take());
    onRow(++count);
  }
  return count;
}
