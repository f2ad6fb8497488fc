/**
 * How good a ranking of documents is for one query; a task's score is the mean over its queries.
 * Source: trec_eval by way of `pytrec_eval` (`ndcg_cut`, `map_cut`, `recall`, `P`, `success`), as MTEB reports them;
 * MRR@k is MTEB's, which trec_eval has not.
 *
 * With grades of 0 and 1 all equal `InformationRetrievalEvaluator` of sentence-transformers, but for MAP@k of a query with
 * more than k relevant documents: there it divides by k, trec_eval by their number.
 *
 * Ties are settled by whoever ranks. `semanticSearch` puts the lower index first, trec_eval the greater document id.
 */

/** A document is relevant where its grade is above 0. */
export interface JudgedRanking {
  /** The grades of the documents that were found, best first; 0 for one that nobody judged. */
  readonly found: readonly number[];
  /** The grades of all documents that were judged for the query, in any order. */
  readonly judged: readonly number[];
}

/** Normalized discounted cumulative gain: the sum of grade / log2(rank + 1), by that of the best ranking there is. */
export function ndcgAt(k: number, { found, judged }: JudgedRanking): number {
  const best = discountedGain(judged.toSorted((a, b) => b - a).slice(0, k));
  return best === 0 ? 0 : discountedGain(found.slice(0, k)) / best;
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, index) => sum + Math.max(grade, 0) / Math.log2(index + 2), 0);
}

/** 1 / rank of the first relevant document; 0 where the first k hold none. */
export function reciprocalRankAt(k: number, { found }: JudgedRanking): number {
  const index = found.slice(0, k).findIndex(isRelevant);
  return index < 0 ? 0 : 1 / (index + 1);
}

/** The mean, over all relevant documents, of the precision at their rank; 0 for those that the first k don't hold. */
export function averagePrecisionAt(k: number, { found, judged }: JudgedRanking): number {
  let relevant = 0;
  let precisions = 0;
  for (const [index, grade] of found.slice(0, k).entries()) {
    if (isRelevant(grade)) precisions += ++relevant / (index + 1);
  }
  return divide(precisions, countRelevant(judged));
}

/** The part of the relevant documents that the first k hold. */
export function recallAt(k: number, { found, judged }: JudgedRanking): number {
  return divide(countRelevant(found.slice(0, k)), countRelevant(judged));
}

/** The part of the first k that is relevant; places left empty count as not relevant. */
export function precisionAt(k: number, { found }: JudgedRanking): number {
  return countRelevant(found.slice(0, k)) / k;
}

/** 1 where the first k hold a relevant document, else 0. */
export function hitAt(k: number, { found }: JudgedRanking): number {
  return found.slice(0, k).some(isRelevant) ? 1 : 0;
}

function isRelevant(grade: number): boolean {
  return grade > 0;
}

function countRelevant(grades: readonly number[]): number {
  return grades.filter(isRelevant).length;
}

/** A query without relevant documents scores 0, as in trec_eval. */
function divide(sum: number, relevant: number): number {
  return relevant === 0 ? 0 : sum / relevant;
}
