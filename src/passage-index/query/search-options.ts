/** The options of a search, checked. */
import { requireOneOf, requirePositiveInteger } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";
import { HpdError } from "../../errors.ts";
import type { Filter } from "../filter.ts";

export const searchModes = ["hybrid", "vector", "text"] as const;

export type SearchMode = (typeof searchModes)[number];

export interface SearchOptions {
  /** Maximum number of passages. Default: 10. */
  readonly topK?: number | undefined;
  /** Search by embeddings (`vector`), by words (`text`), or by both, fused by their ranks. Default: `hybrid`. */
  readonly mode?: SearchMode | undefined;
  /** Conditions on metadata. A field that no passage of the index has is refused. */
  readonly filter?: Filter | undefined;
  /** A cross-encoder that reranks the passages that were found. The caller disposes of it. */
  readonly rerank?: Pick<CrossEncoder, "rank"> | undefined;
  /** Number of passages that are reranked, at least `topK`. Default: 30, or `topK` if that is more. */
  readonly rerankTop?: number | undefined;
  /** `[dimension]`: the query's embedding by the index's model, if it has been computed elsewhere. */
  readonly vector?: Float32Array | readonly number[] | undefined;
  /** Stops the search between two of its steps; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const searchOptions: OptionTable<SearchOptions> = {
  topK: "number",
  mode: "string",
  filter: "any",
  rerank: "any",
  rerankTop: "number",
  vector: "any",
  signal: "signal",
};

/** Passages that are reranked by default: about a second of a small cross-encoder. */
const rerankedDepth = 30;

/** Options whose defaults are filled in. */
interface CheckedSearchOptions extends Pick<SearchOptions, "rerank" | "vector" | "signal"> {
  readonly topK: number;
  readonly mode: SearchMode;
  readonly filter: Filter;
  readonly rerankTop: number;
}

/** @throws HpdError `invalid_argument` */
export function checkedSearchOptions(given: SearchOptions): CheckedSearchOptions {
  const options = checkedOptions("search", given, searchOptions);
  const { topK = 10, mode = "hybrid", filter = {}, rerank, rerankTop, vector, signal } = options;
  requirePositiveInteger("topK", topK);
  requireOneOf("mode", mode, searchModes);
  requireReranking(rerank, rerankTop, topK);
  if (vector !== undefined && mode === "text") {
    throw new HpdError("invalid_argument", "vector is only for searches with mode vector or hybrid");
  }
  return { topK, mode, filter, rerank, rerankTop: rerankTop ?? Math.max(topK, rerankedDepth), vector, signal };
}

/** @throws HpdError `invalid_argument` */
function requireReranking(rerank: unknown, rerankTop: number | undefined, topK: number): void {
  if (rerank !== undefined && typeof (rerank as Partial<CrossEncoder> | null)?.rank !== "function") {
    throw new HpdError("invalid_argument", `rerank should be a loaded CrossEncoder, got ${describe(rerank)}`);
  }
  if (rerankTop === undefined) return;
  requirePositiveInteger("rerankTop", rerankTop);
  if (rerank === undefined) throw new HpdError("invalid_argument", "rerankTop is only for searches with rerank");
  if (rerankTop < topK) {
    throw new HpdError("invalid_argument", `rerankTop should be at least topK, ${topK}, got ${rerankTop}`);
  }
}

/**
 * A vector as stores take it, of length 1 if those of the index are.
 *
 * @throws HpdError `invalid_argument` unless it is of finite numbers; the store checks their number
 */
export function queryVector(given: Float32Array | readonly number[], isNormalized: boolean): Float32Array {
  const isList = Array.isArray(given) || given instanceof Float32Array;
  const vector = isList ? Float32Array.from(given) : undefined;
  if (vector === undefined || !vector.every(Number.isFinite)) {
    throw new HpdError("invalid_argument", `vector should be an array of finite numbers, got ${describe(given)}`);
  }
  if (!isNormalized) return vector;
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
