/**
 * Evaluates how well queries find their relevant documents among all documents: exact search, then ranking metrics.
 * Source: MTEB's retrieval tasks and `InformationRetrievalEvaluator` of sentence-transformers, which also orders documents
 * of equal scores by ascending id. The scores' names are MTEB's, their definitions trec_eval's: see `metrics/ranking.ts`.
 */
import { requireMap, requireObject, requireOneOf } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { semanticSearch } from "../../search/semantic-search.ts";
import type { SearchHit } from "../../search/top-k.ts";
import { type SimilarityFunction, similarityFunctions } from "../../similarity/similarity.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import {
  averagePrecisionAt,
  hitAt,
  type JudgedRanking,
  ndcgAt,
  precisionAt,
  recallAt,
  reciprocalRankAt,
} from "../metrics/ranking.ts";
import { mean } from "../statistics/mean.ts";

export interface RetrievalData {
  /** Queries by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** Documents by id. */
  readonly corpus: ReadonlyMap<string, string>;
  /** Relevance grades by query id and document id; a document is relevant if its grade is above 0. */
  readonly relevantDocs: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface InformationRetrievalOptions {
  readonly name?: string | undefined;
  /** Default: `cosine`. */
  readonly similarityFunction?: SimilarityFunction | undefined;
  /** Whether to leave out a document with the id of the query, unless it is judged relevant. Default: false. */
  readonly ignoreIdenticalIds?: boolean | undefined;
}

const cutoffs = [1, 3, 5, 10, 20, 100];

const metrics = {
  ndcg: ndcgAt,
  map: averagePrecisionAt,
  recall: recallAt,
  precision: precisionAt,
  mrr: reciprocalRankAt,
  hit_rate: hitAt,
};

/** Documents whose embeddings are copied at a time. */
const documentBlock = 8192;
/** Queries that are searched at a time: the hundred hits of each take more memory than its embedding. */
const queryBlock = 4096;

const informationRetrievalOptions: OptionTable<InformationRetrievalOptions> = {
  name: "string",
  similarityFunction: "string",
  ignoreIdenticalIds: "boolean",
};

export class InformationRetrievalEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "Retrieval";
  readonly texts: TextsByRole;
  readonly #queryIds: readonly string[];
  /** Ids in ascending order, so that of equal scores the lower id comes first. */
  readonly #corpusIds: readonly string[];
  readonly #data: RetrievalData;
  readonly #similarityFunction: SimilarityFunction;
  readonly #ignoreIdenticalIds: boolean;

  /**
   * Leaves out queries without judgements, as pytrec_eval does; a query whose grades are all 0 or less scores 0.
   *
   * @throws HpdError `invalid_argument` for unknown ids, if no query has a relevant document, and for an unknown similarity
   *   function
   */
  constructor(data: RetrievalData, options: InformationRetrievalOptions = {}) {
    const {
      name = "Retrieval",
      similarityFunction = "cosine",
      ignoreIdenticalIds = false,
    } = checkedOptions("InformationRetrievalEvaluator", options, informationRetrievalOptions);
    requireOneOf("similarityFunction", similarityFunction, similarityFunctions);
    requireObject(`${name}: the data`, data, "{ queries, corpus, relevantDocs }");
    const { queries, corpus, relevantDocs } = data;
    requireMap(`${name}: queries`, queries, "a Map of ids to texts");
    requireMap(`${name}: corpus`, corpus, "a Map of ids to texts");
    requireMap(`${name}: relevantDocs`, relevantDocs, "a Map of query ids to Maps of document ids to grades");
    for (const [query, grades] of relevantDocs) {
      // Python's sets of ids have no grades: all would count as not relevant.
      requireMap(
        `${name}: relevantDocs of query ${describe(query)}`,
        grades,
        "a Map of document ids to grades, such as new Map([[id, 1]])",
      );
      if (!queries.has(query)) {
        throw new HpdError(
          "invalid_argument",
          `${name}: relevantDocs should name known queries, got ${describe(query)}`,
        );
      }
      for (const document of grades.keys()) {
        if (corpus.has(document)) continue;
        throw new HpdError(
          "invalid_argument",
          `${name}: relevantDocs of query ${describe(query)} should name documents of the corpus, got ${describe(document)}`,
        );
      }
    }
    this.#queryIds = [...queries.keys()].filter((query) => (relevantDocs.get(query)?.size ?? 0) > 0);
    const isRelevant = (query: string) => [...relevantDocs.get(query)!.values()].some((grade) => grade > 0);
    if (!this.#queryIds.some(isRelevant)) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected queries with a relevant document, got none among ${queries.size}`,
      );
    }
    this.#corpusIds = [...corpus.keys()].sort();
    this.name = name;
    this.texts = {
      query: this.#queryIds.map((query) => queries.get(query)!),
      document: this.#corpusIds.map((document) => corpus.get(document)!),
    };
    this.#data = data;
    this.#similarityFunction = similarityFunction;
    this.#ignoreIdenticalIds = ignoreIdenticalIds;
  }

  /**
   * Computes `ndcg`, `map`, `recall`, `precision`, `mrr` and `hit_rate` at 1, 3, 5, 10, 20 and 100 (`ndcg_at_10`, ...): means
   * over the queries that have judgements.
   */
  async evaluate(embeddings: EmbeddingLookup, signal?: AbortSignal): Promise<Evaluation> {
    const rankings = await this.#rank(embeddings, signal);
    const scores: Record<string, number> = {};
    for (const [metric, judge] of Object.entries(metrics)) {
      for (const k of cutoffs) scores[`${metric}_at_${k}`] = mean(rankings.map((ranking) => judge(k, ranking)));
    }
    return {
      name: this.name,
      type: this.type,
      mainMetric: "ndcg_at_10",
      scores,
      count: rankings.length,
      resampling: { itemScores: [rankings.map((ranking) => ndcgAt(10, ranking))], range: [0, 1] },
    };
  }

  async #rank(embeddings: EmbeddingLookup, signal: AbortSignal | undefined): Promise<JudgedRanking[]> {
    const rankings: JudgedRanking[] = [];
    const queries = this.texts.query!;
    for (let start = 0; start < queries.length; start += queryBlock) {
      const some = embeddings.of(queries.slice(start, start + queryBlock), "query");
      const hits = await semanticSearch(some, this.#documents(embeddings), {
        // One more, since the query itself may have to be left out.
        topK: Math.min(Math.max(...cutoffs) + 1, this.#corpusIds.length),
        similarityFunction: this.#similarityFunction,
        ...(signal && { signal }),
      });
      for (const [index, found] of hits.entries()) rankings.push(this.#judge(this.#queryIds[start + index]!, found));
    }
    return rankings;
  }

  #judge(query: string, hits: readonly SearchHit[]): JudgedRanking {
    const grades = this.#data.relevantDocs.get(query)!;
    const gradeOf = (document: string) => grades.get(document) ?? 0;
    const counts = (document: string) => !this.#ignoreIdenticalIds || document !== query || gradeOf(document) > 0;
    const documents = hits.map(({ corpusId }) => this.#corpusIds[corpusId]!);
    return { found: documents.filter(counts).map(gradeOf), judged: [...grades.values()] };
  }

  *#documents(embeddings: EmbeddingLookup): Generator<Embeddings> {
    const documents = this.texts.document!;
    for (let start = 0; start < documents.length; start += documentBlock) {
      yield embeddings.of(documents.slice(start, start + documentBlock), "document");
    }
  }
}
