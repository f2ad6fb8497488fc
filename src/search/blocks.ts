/** Embeddings that come one by one or in pieces, as blocks of a given size. */
import { HpdError } from "../errors.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import { asEmbeddings, type EmbeddingsLike, requireSameDimension } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";

/** Single embeddings, as `Embeddings` itself and `encodeStream` give them, or pieces: positions count on. */
export type EmbeddingStream = Iterable<EmbeddingsLike> | AsyncIterable<EmbeddingsLike>;

export interface Block {
  readonly block: Embeddings;
  /** Position of the first of them. */
  readonly start: number;
}

/** @throws HpdError `invalid_argument` for what is no embedding, dimensions that differ, numbers that are not finite */
export async function* blocksOf(stream: EmbeddingStream, size: number): AsyncGenerator<Block, void, undefined> {
  let rows = new Float32Array(0);
  let dimension: number | undefined;
  let start = 0;
  let filled = 0;
  const block = () => new Embeddings(rows.subarray(0, filled * dimension!), filled, dimension!);
  for await (const given of asIterable(stream)) {
    const piece = asEmbeddings(given);
    if (piece.count === 0) continue;
    dimension ??= piece.dimension;
    requireSameDimension(new Embeddings(rows.subarray(0, 0), 0, dimension), piece);
    for (const row of piece) {
      requireFinite(new Embeddings(row, 1, dimension), start + filled);
      if (filled === 0) rows = new Float32Array(size * dimension);
      rows.set(row, filled * dimension);
      if (++filled < size) continue;
      yield { block: block(), start };
      start += filled;
      filled = 0;
    }
  }
  if (filled > 0) yield { block: block(), start };
}

function asIterable(stream: EmbeddingStream): EmbeddingStream {
  const isIterable =
    typeof stream === "object" && stream !== null && (Symbol.iterator in stream || Symbol.asyncIterator in stream);
  if (isIterable) return stream;
  throw new HpdError("invalid_argument", `expected Embeddings, or an iterable of embeddings, got ${String(stream)}`);
}
