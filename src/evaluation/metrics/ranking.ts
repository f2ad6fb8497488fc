/**
 * Ranking metrics of one query; a task's score is the mean over its queries.
 * Source: trec_eval by way of `pytrec_eval` (`ndcg_cut`, `map_cut`, `recall`, `P`, `success`), as MTEB reports them;
 * MRR@k is MTEB's, since trec_eval has none.
 *
 * With grades of 0 and 1 all equal `InformationRetrievalEvaluator` of sentence-transformers, except for MAP@k of a query
 * with more than k relevant documents: sentence-transformers divides by k, trec_eval by their number.
 *
 * The caller breaks ties. `semanticSearch` puts the lower index first, trec_eval the larger document id.
 */

/** A ranking with relevance grades. A document is relevant if its grade is above 0. */
export interface JudgedRanking {
  /** Grades of the retrieved documents, best first; 0 for a document without a judgement. */
  readonly found: readonly number[];
  /** Grades of all documents judged for the query, in any order. */
  readonly judged: readonly number[];
}

/** Normalized discounted cumulative gain: the sum of grade / log2(rank + 1), divided by that of the ideal ranking. */
export function ndcgAt(k: number, { found, judged }: JudgedRanking): number {
  const best = discountedGain(judged.toSorted((a, b) => b - a).slice(0, k));
  return best === 0 ? 0 : discountedGain(found.slice(0, k)) / best;
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, index) => sum + Math.max(grade, 0) / Math.log2(index + 2), 0);
}

/** Reciprocal rank of the first relevant document; 0 if the first k hold none. */
export function reciprocalRankAt(k: number, { found }: JudgedRanking): number {
  const index = found.slice(0, k).findIndex(isRelevant);
  return index < 0 ? 0 : 1 / (index + 1);
}

/** Average precision: the mean, over all relevant documents, of the precision at their rank, or 0 beyond the first k. */
export function averagePrecisionAt(k: number, { found, judged }: JudgedRanking): number {
  let relevant = 0;
  let precisions = 0;
  for (const [index, grade] of found.slice(0, k).entries()) {
    if (isRelevant(grade)) precisions += ++relevant / (index + 1);
  }
  return divide(precisions, countRelevant(judged));
}

/** Fraction of the relevant documents that are among the first k. */
export function recallAt(k: number, { found, judged }: JudgedRanking): number {
  return divide(countRelevant(found.slice(0, k)), countRelevant(judged));
}

/** Fraction of the first k that is relevant; missing ranks count as not relevant. */
export function precisionAt(k: number, { found }: JudgedRanking): number {
  return countRelevant(found.slice(0, k)) / k;
}

/** Hit rate of one query: 1 if the first k hold a relevant document, else 0. */
export function hitAt(k: number, { found }: JudgedRanking): number {
  return found.slice(0, k).some(isRelevant) ? 1 : 0;
}

function isRelevant(grade: number): boolean {
  return grade > 0;
}

function countRelevant(grades: readonly number[]): number {
  return grades.filter(isRelevant).length;
}

/** The quotient, or 0 for a query without relevant documents, as in trec_eval. */
function divide(sum: number, relevant: number): number {
  return relevant === 0 ? 0 : sum / relevant;
}
