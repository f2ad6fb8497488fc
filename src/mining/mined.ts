/** The mined negatives: indices and scores in arrays, from which rows are made on demand. */
import { HpdError } from "../errors.ts";
import type { OutputFormat } from "./options.ts";
import type { PairColumns, Pairs } from "./pairs.ts";
import type { MiningSettings } from "./settings.ts";

/** Fields and their values: texts, scores, labels, or lists of them. */
export type MinedRow = Readonly<Record<string, string | number | readonly string[] | readonly number[]>>;

/** A positive of an anchor with the anchor's negatives. */
export interface MinedPair {
  readonly query: number;
  readonly positive: number;
  readonly positiveScore: number;
  readonly negatives: Uint32Array;
  /** Scores of the negatives, in float32 as the search gives them. */
  readonly negativeScores: Float32Array;
}

export class MinedPlaces {
  readonly #pairs: Pairs;
  readonly #most: number;
  /** `[queries, most]` */
  readonly #negatives: Uint32Array;
  readonly #scores: Float32Array;
  readonly #counts: Uint32Array;
  readonly positiveScores: Float32Array;
  /** Start of each query's positives in `positiveScores`. */
  readonly #starts: Uint32Array;

  /** @param most negatives of a query */
  constructor(pairs: Pairs, most: number) {
    const queries = pairs.queries.length;
    this.#pairs = pairs;
    this.#most = Math.min(most, pairs.corpus.length);
    this.#negatives = new Uint32Array(queries * this.#most);
    this.#scores = new Float32Array(queries * this.#most);
    this.#counts = new Uint32Array(queries);
    this.#starts = new Uint32Array(queries + 1);
    for (const [query, own] of pairs.positives.entries()) this.#starts[query + 1] = this.#starts[query]! + own.length;
    this.positiveScores = new Float32Array(this.#starts[queries]!);
  }

  set(query: number, positiveScores: Float32Array, ids: readonly number[], scores: readonly number[]): void {
    this.positiveScores.set(positiveScores, this.#starts[query]);
    this.#negatives.set(ids, query * this.#most);
    this.#scores.set(scores, query * this.#most);
    this.#counts[query] = ids.length;
  }

  /** The pairs of a query, one for each positive. */
  *pairsOf(query: number): Generator<MinedPair, void, undefined> {
    const negatives = this.negativesOf(query);
    const start = query * this.#most;
    const negativeScores = this.#scores.subarray(start, start + negatives.length);
    for (const [at, positive] of this.#pairs.positives[query]!.entries()) {
      const positiveScore = this.positiveScores[this.#starts[query]! + at]!;
      yield { query, positive, positiveScore, negatives, negativeScores };
    }
  }

  *[Symbol.iterator](): Generator<MinedPair, void, undefined> {
    for (const query of this.#pairs.positives.keys()) yield* this.pairsOf(query);
  }

  /** Places in the corpus, the best first. */
  negativesOf(query: number): Uint32Array {
    const start = query * this.#most;
    return this.#negatives.subarray(start, start + this.#counts[query]!);
  }
}

/** The names of the fields of a row, in order. */
export function columnsOf({ outputFormat, outputScores, numNegatives }: MiningSettings, own: PairColumns): string[] {
  const scores = outputScores ? ["scores"] : [];
  switch (outputFormat) {
    case "triplet":
      return [own.anchor, own.positive, "negative", ...scores];
    case "n-tuple":
      return [
        ...[own.anchor, own.positive],
        ...Array.from({ length: numNegatives }, (_, at) => `negative_${at + 1}`),
        ...scores,
      ];
    case "labeled-pair":
      return [own.anchor, own.positive, outputScores ? "score" : "label"];
    case "labeled-list":
      return [own.anchor, own.positive, outputScores ? "scores" : "labels"];
  }
}

/** @throws HpdError `invalid_argument` where a field of the rows has the name of one that is added */
export function requireFreeNames(columns: readonly string[]): void {
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  if (twice === undefined) return;
  throw new HpdError(
    "invalid_argument",
    `the field ${twice} of the rows has the name of a field that mining adds: give it another one`,
  );
}

/** Negatives that the rows of a pair have. @param wanted of an anchor */
export function negativesInRows({ negatives }: MinedPair, format: OutputFormat, wanted: number): number {
  return format === "n-tuple" && negatives.length < wanted ? 0 : negatives.length;
}

/** The rows in Python's order: by anchor, positive, negative. */
export function* rowsOf(
  places: MinedPlaces,
  { queries, corpus, positives, columns: own }: Pairs,
  settings: MiningSettings,
): Generator<MinedRow, void, undefined> {
  const { outputFormat, outputScores, numNegatives } = settings;
  const columns = columnsOf(settings, own);
  const row = (...values: (MinedRow[string] | readonly MinedRow[string][])[]): MinedRow =>
    Object.fromEntries(columns.map((name, at) => [name, values[at]])) as MinedRow;
  for (let query = 0; query < positives.length; query++) {
    const anchor = queries[query]!;
    const pairs = [...places.pairsOf(query)];
    if (outputFormat === "labeled-pair") {
      const [{ negatives, negativeScores }] = pairs as [MinedPair];
      for (const pair of pairs) yield row(anchor, corpus[pair.positive]!, outputScores ? pair.positiveScore : 1);
      for (const [at, id] of negatives.entries())
        yield row(anchor, corpus[id]!, outputScores ? negativeScores[at]! : 0);
      continue;
    }
    for (const pair of pairs) {
      if (negativesInRows(pair, outputFormat, numNegatives) === 0) continue;
      const positive = corpus[pair.positive]!;
      const negatives = Array.from(pair.negatives, (id) => corpus[id]!);
      const scores = [pair.positiveScore, ...pair.negativeScores];
      if (outputFormat === "labeled-list") {
        const labels = [1, ...negatives.map(() => 0)];
        yield row(anchor, [positive, ...negatives], outputScores ? scores : labels);
      } else if (outputFormat === "n-tuple") {
        yield row(anchor, positive, ...negatives, scores);
      } else {
        for (const [at, negative] of negatives.entries()) {
          yield row(anchor, positive, negative, [pair.positiveScore, pair.negativeScores[at]!]);
        }
      }
    }
  }
}
