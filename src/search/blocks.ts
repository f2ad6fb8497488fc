/** Gathers embeddings that come one by one or in small pieces into blocks for a search. */

import { isIterable } from "../common/arguments.ts";
import { untilAborted } from "../common/until-aborted.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings, type EmbeddingsLike, isSingle } from "../similarity/as-embeddings.ts";
import { requireSameDimension } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";

/** Single embeddings, as `encodeStream` yields them, or pieces of many; positions are counted over all pieces. */
export type EmbeddingStream = Iterable<EmbeddingsLike> | AsyncIterable<EmbeddingsLike>;

export interface Block {
  readonly block: Embeddings;
  /** Position of its first embedding. */
  readonly start: number;
}

/** The pieces of embeddings that are given as a whole or in pieces. @throws HpdError `invalid_argument` */
export function piecesOf(given: EmbeddingsLike | EmbeddingStream): EmbeddingStream {
  if (given instanceof Embeddings || isSingle(given)) return [given];
  if (isIterable(given)) return given;
  throw new HpdError("invalid_argument", `expected Embeddings, or an iterable of embeddings, got ${String(given)}`);
}

/**
 * A piece of `size` or more embeddings is a block as it is; smaller ones are copied together, to no more than `size`.
 * No block is empty. The memory of a block is reused for the next one.
 *
 * @throws HpdError `invalid_argument` for a piece that is no embedding, and dimensions that differ; the signal's reason
 *   when it aborts, also while it waits for a piece
 */
export async function* blocksOf(
  pieces: EmbeddingStream,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  let none: Embeddings | undefined;
  let room: Embeddings | undefined;
  let gathered = 0;
  let start = 0;
  for await (const given of untilAborted(pieces, signal)) {
    const piece = asEmbeddings(given);
    const { count, dimension } = piece;
    if (count === 0) continue;
    none ??= new Embeddings(new Float32Array(0), 0, dimension);
    requireSameDimension(none, piece);
    if (gathered > 0 && gathered + count > size) {
      yield { block: rowsBetween(room!, 0, gathered), start: start - gathered };
      gathered = 0;
    }
    if (count >= size) {
      yield { block: piece, start };
    } else {
      // Copied at once, since the source may reuse the memory of a piece for the next one.
      room ??= new Embeddings(new Float32Array(size * dimension), size, dimension);
      room.data.set(piece.data, gathered * dimension);
      gathered += count;
    }
    start += count;
  }
  if (gathered > 0) yield { block: rowsBetween(room!, 0, gathered), start: start - gathered };
}
