/** The kernel of WebAssembly that search, clustering and mining share. */
import { expect, test } from "vitest";
import { Yielder } from "../../src/common/yielder.ts";
import { rowsInGroup } from "../../src/search/kernel-code.ts";
import { ScoreKernel } from "../../src/search/score-kernel.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

test("a score is the product times the row's factor plus the row's summand", async () => {
  // Two groups, the second one not full.
  const rows = Embeddings.fromRows(Array.from({ length: rowsInGroup + 5 }, (_, row) => [row, 1, -row]));
  const queries = Embeddings.fromRows([
    [1, 2, 0],
    [0, 3, 1],
    [5, 0, 2],
  ]);
  const factor = (row: number) => 2 + row;
  const summand = (row: number) => 1000 * (row + 1);
  const kernel = new ScoreKernel("products", 3);
  const found: number[][] = Array.from(queries, () => []);
  await kernel.scan(rows, queries, new Float64Array(3).fill(Number.NEGATIVE_INFINITY), {
    yielder: new Yielder(),
    startBlock(count) {
      for (let row = 0; row < count; row++) {
        const at = Math.floor(row / rowsInGroup) * 2 * rowsInGroup + (row % rowsInGroup);
        kernel.terms[at] = factor(row);
        kernel.terms[at + rowsInGroup] = summand(row);
      }
    },
    inspect(query, row, score) {
      found[query]![row] = score;
    },
  });
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const expected = [...queries].map((query) =>
    [...rows].map((row, at) => product(query, row) * factor(at) + summand(at)),
  );
  expect(found).toEqual(expected);
});
