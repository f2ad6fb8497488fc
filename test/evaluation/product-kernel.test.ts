/** The products of a logistic regression, by WebAssembly. */
import { expect, test } from "vitest";
import { ProductKernel } from "../../src/evaluation/probes/product-kernel.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

test.each([
  { count: 1, dimension: 1, classes: 2 },
  { count: 6, dimension: 7, classes: 5 },
  // Several blocks; the last is not full.
  { count: 400, dimension: 120, classes: 8 },
  { count: 33, dimension: 4000, classes: 13 },
])("products are sums of products: %o", ({ count, dimension, classes }) => {
  const random = new Random(1);
  const numbers = (length: number) => Float32Array.from({ length }, () => random.nextFloat() - 0.5);
  const points = new Embeddings(numbers(count * dimension), count, dimension);
  const kernel = new ProductKernel(dimension, classes);
  const { columns } = kernel;
  for (let i = 0; i <= dimension; i++) kernel.parameters.set(numbers(classes), i * columns);
  const expected = new Float64Array(kernel.gradient.length);
  let [visited, largestError] = [0, 0];
  // Twice, for what a block leaves behind.
  for (const _ of [1, 2]) {
    for (const { start, end } of kernel.scoreBlocks(points)) {
      expect(start).toBe(visited % count);
      for (let point = start; point < end; point++, visited++) {
        const extended = [...points.row(point), 1];
        const scores = kernel.scoresOf(point - start);
        for (let column = 0; column < classes; column++) {
          const sum = extended.reduce((sum, x, i) => sum + x * kernel.parameters[i * columns + column]!, 0);
          largestError = Math.max(largestError, Math.abs(scores[column]! - sum));
          scores[column] = random.nextFloat();
          for (let i = 0; i <= dimension; i++) expected[i * columns + column]! += extended[i]! * scores[column]!;
        }
      }
      kernel.addGradient(end - start);
    }
  }
  expect(visited).toBe(2 * count);
  expect(largestError).toBeLessThan(1e-12);
  const differences = expected.map((sum, i) => Math.abs(sum - kernel.gradient[i]!));
  expect(differences.reduce((most, next) => Math.max(most, next))).toBeLessThan(1e-10);
});
