/** Search as one writes it without a library: a loop over vectors, products summed, the best kept in an array. */
import { corpus, serveSearch, topK } from "./serve-search.ts";

await serveSearch(async () => {
  const { dimension } = corpus;
  const vectors: Float32Array[] = [];
  for (const piece of corpus.pieces()) {
    for (let row = 0; row < piece.end - piece.start; row++) {
      vectors.push(piece.vectors.subarray(row * dimension, (row + 1) * dimension));
    }
  }
  return {
    bytesAVector: 4 * dimension,
    queriesAtOnce: 1,
    async search(query) {
      const best: { id: number; score: number }[] = [];
      for (let id = 0; id < vectors.length; id++) {
        const vector = vectors[id]!;
        let score = 0;
        for (let i = 0; i < dimension; i++) score += query[i]! * vector[i]!;
        if (best.length === topK && score <= best[topK - 1]!.score) continue;
        best.push({ id, score });
        best.sort((a, b) => b.score - a.score);
        best.length = Math.min(best.length, topK);
      }
      return [best.map(({ id }) => id)];
    },
  };
});
