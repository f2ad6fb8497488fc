/** Blocks of embeddings, however these come: all of them, in order; small pieces together, large ones uncopied. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { blocksOf, type EmbeddingStream, piecesOf } from "../../src/search/blocks.ts";
import type { EmbeddingsLike } from "../../src/similarity/as-embeddings.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const size = 5;

async function gather(pieces: EmbeddingStream): Promise<{ start: number; rows: number[][]; data: Float32Array }[]> {
  const blocks = [];
  // A block may be overwritten later: its rows are copied.
  for await (const { block, start } of blocksOf(pieces, size)) {
    blocks.push({ start, rows: Array.from(block, (row) => [...row]), data: block.data });
  }
  return blocks;
}

/** Of rows [0, 1], [2, 3] and so on: so many in each piece. */
function inPieces(counts: readonly number[]): Embeddings[] {
  let next = 0;
  return counts.map((count) => {
    const data = Float32Array.from({ length: 2 * count }, () => next++);
    return new Embeddings(data, count, 2);
  });
}

test("blocks hold all embeddings in order, and large pieces as they are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 })), async (counts) => {
      const pieces = inPieces(counts);
      const blocks = await gather(pieces);
      expect(blocks.flatMap(({ rows }) => rows)).toEqual(
        pieces.flatMap((piece) => Array.from(piece, (row) => [...row])),
      );
      let start = 0;
      const large = pieces.filter(({ count }) => count >= size).map(({ data }) => data);
      for (const block of blocks) {
        expect(block.start).toBe(start);
        start += block.rows.length;
        expect(block.rows.length).toBeGreaterThan(0);
        if (block.rows.length > size) expect(large).toContain(block.data);
      }
      // Uncopied.
      for (const data of large) expect(blocks.some((block) => block.data === data)).toBe(true);
    }),
  );
});

test("single embeddings come together, and may be written to once the next is asked for", async () => {
  const row = new Float32Array(1);
  async function* stream() {
    for (let i = 0; i < 12; i++) {
      row[0] = i;
      yield row;
    }
  }
  expect((await gather(stream())).map(({ rows }) => rows.flat())).toEqual([
    [0, 1, 2, 3, 4],
    [5, 6, 7, 8, 9],
    [10, 11],
  ]);
});

test("whole embeddings are one piece", async () => {
  const [whole] = inPieces([7]);
  expect((await gather(piecesOf(whole!)))[0]!.data).toBe(whole!.data);
  expect(await gather(piecesOf(Float32Array.of(3, 4)))).toMatchObject([{ start: 0, rows: [[3, 4]] }]);
});

test("arrays of numbers are embeddings, in pieces too", async () => {
  const rows = [
    [1, 2],
    [3, 4],
  ];
  for (const given of [rows, [rows], [rows[0]!, [rows[1]!]], rows.map((row) => Float64Array.from(row))]) {
    expect(await gather(piecesOf(given))).toMatchObject([{ start: 0, rows }]);
  }
  expect(await gather(piecesOf([3, 4]))).toMatchObject([{ start: 0, rows: [[3, 4]] }]);
});

test("what is no embedding is refused", async () => {
  const refused = async (given: unknown, message: RegExp) =>
    await expect(async () => await gather(piecesOf(given as EmbeddingsLike))).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  for (const odd of [null, undefined, 5, "ab"])
    await refused(odd, /expected Embeddings, or an iterable of embeddings, got /);
  await refused([["1", 2]], /embedding 0 should be an array of numbers, got "1"/);
  await refused([...inPieces([1, 6]), Float32Array.of(1)], /dimension 2 and 1/);
});
