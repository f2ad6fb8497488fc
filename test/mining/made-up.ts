/** A model whose embeddings are chosen by the test, and the mining of Python's function written out plainly. */
import type { MineHardNegativesOptions, MiningModel } from "../../src/mining/options.ts";
import { similarity } from "../../src/similarity/similarity.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

export interface Row {
  readonly anchor: string;
  readonly positive: string;
}

/** Tells how many texts it embedded. */
export function modelOf(
  vectors: ReadonlyMap<string, readonly number[]>,
  similarityFunction: MiningModel["similarityFunction"] = "dot",
): MiningModel & { embedded: number } {
  const embed = async (texts: readonly string[]): Promise<Embeddings> => {
    model.embedded += texts.length;
    return Embeddings.fromRows(texts.map((text) => [...vectors.get(text)!]));
  };
  const model = { similarityFunction, embedded: 0, encodeQuery: embed, encodeDocument: embed };
  return model;
}

type Limits = Pick<
  MineHardNegativesOptions,
  "rangeMin" | "rangeMax" | "maxScore" | "minScore" | "absoluteMargin" | "relativeMargin"
>;

/** For each distinct anchor its candidates from `rangeMin` to `rangeMax`, the best first; what `top` takes the first of. */
export function ranked(
  rows: readonly Row[],
  vectors: ReadonlyMap<string, readonly number[]>,
  { rangeMin = 0, rangeMax, maxScore = Infinity, minScore = -Infinity, absoluteMargin, relativeMargin }: Limits,
  numNegatives: number,
): Map<string, string[]> {
  const corpus = [...new Set(rows.map(({ positive }) => positive))];
  const anchors = [...new Set(rows.map(({ anchor }) => anchor))];
  const matrix = (texts: readonly string[]) => Embeddings.fromRows(texts.map((text) => [...vectors.get(text)!]));
  const scores = [...similarity(matrix(anchors), matrix(corpus), "dot")];
  const most = Math.max(...anchors.map((anchor) => rows.filter((row) => row.anchor === anchor).length));
  const mayDrop = absoluteMargin !== undefined || relativeMargin !== undefined || maxScore !== Infinity;
  const last = rangeMax ?? rangeMin + numNegatives * (mayDrop ? 10 : 1) + most;
  return new Map(
    anchors.map((anchor, query) => {
      const positives = new Set(rows.filter((row) => row.anchor === anchor).map(({ positive }) => positive));
      const worst = Math.min(...[...positives].map((text) => scores[query]![corpus.indexOf(text)]!));
      const found = corpus
        .map((text, at) => ({ text, at, score: scores[query]![at]! }))
        .sort((a, b) => b.score - a.score || a.at - b.at)
        .slice(0, last + most)
        .filter(({ text, score }) => {
          if (positives.has(text) || score > maxScore || score < minScore) return false;
          if (absoluteMargin !== undefined && score + absoluteMargin > worst) return false;
          return relativeMargin === undefined || score <= worst - Math.abs(worst) * relativeMargin;
        });
      return [anchor, found.slice(rangeMin, last).map(({ text }) => text)];
    }),
  );
}
