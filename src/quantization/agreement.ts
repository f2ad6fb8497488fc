/** The distance of embeddings to those in float32. */

export interface Agreement {
  /** Mean cosine of an embedding to that in float32. */
  readonly mean: number;
  /** The lowest cosine of all texts. */
  readonly lowest: number;
}

export function agreementOf(embeddings: readonly Float32Array[], exact: readonly Float32Array[]): Agreement {
  const cosines = embeddings.map((embedding, index) => cosine(embedding, exact[index]!));
  return {
    mean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
    lowest: cosines.reduce((a, b) => Math.min(a, b), 1),
  };
}

/** 1 for two vectors of zeros, 0 where only one is. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [product, aa, bb] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    aa += a[index]! ** 2;
    bb += b[index]! ** 2;
  }
  if (aa === 0 && bb === 0) return 1;
  return aa === 0 || bb === 0 ? 0 : product / Math.sqrt(aa * bb);
}
