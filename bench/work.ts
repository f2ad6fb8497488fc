/** How much arithmetic a model folder asks for, and how alike two sets of embeddings are. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Floating-point operations of a BERT encoder and its Dense modules without any padding: two for each
 * multiply-accumulate of the linear layers and of the two attention products; softmax, GELU and norms are not counted.
 */
export function countOperations(folder: string, tokenCounts: readonly number[]): number {
  const json = (path: string) => JSON.parse(readFileSync(join(folder, path), "utf8"));
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers } = json("config.json");
  let dense = 0;
  for (const { path } of json("modules.json") as { path: string }[]) {
    const config = join(path, "config.json");
    if (path === "" || !existsSync(join(folder, config))) continue;
    dense += (json(config).in_features ?? 0) * (json(config).out_features ?? 0);
  }
  let multiplications = 0;
  for (const tokens of tokenCounts) {
    multiplications += layers * (tokens * (4 * hidden ** 2 + 2 * hidden * inner) + 2 * tokens ** 2 * hidden) + dense;
  }
  return 2 * multiplications;
}

export interface Likeness {
  meanCosine: number;
  minCosine: number;
  maxDifference: number;
}

/** Both hold `count` rows, row-major. */
export function compareEmbeddings(a: Float32Array, b: Float32Array, count: number): Likeness {
  if (a.length !== b.length) throw new Error(`expected as many numbers in both, got ${a.length} and ${b.length}`);
  const dimension = a.length / count;
  const likeness = { meanCosine: 0, minCosine: 1, maxDifference: 0 };
  for (let row = 0; row < count; row++) {
    let [dot, aa, bb] = [0, 0, 0];
    for (let i = row * dimension; i < (row + 1) * dimension; i++) {
      const [x, y] = [a[i]!, b[i]!];
      dot += x * y;
      aa += x * x;
      bb += y * y;
      likeness.maxDifference = Math.max(likeness.maxDifference, Math.abs(x - y));
    }
    const cosine = dot / Math.sqrt(aa * bb);
    likeness.meanCosine += cosine / count;
    likeness.minCosine = Math.min(likeness.minCosine, cosine);
  }
  return likeness;
}
