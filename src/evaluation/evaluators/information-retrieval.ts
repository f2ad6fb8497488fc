/**
 * How well a query finds the documents that are relevant to it, among all documents: exact search, then ranking metrics.
 * Source: MTEB's retrieval tasks and `InformationRetrievalEvaluator` of sentence-transformers, whose order of equal scores
 * it is: ascending ids. Names of the scores are MTEB's, definitions those of trec_eval: see `metrics/ranking.ts`.
 */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { semanticSearch } from "../../search/semantic-search.ts";
import type { SearchHit } from "../../search/top-k.ts";
import type { SimilarityFunction } from "../../similarity/similarity.ts";
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
  /** Text by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** Text by id. */
  readonly corpus: ReadonlyMap<string, string>;
  /** Of each query's id the grades of documents by their ids: above 0 is relevant. */
  readonly relevantDocs: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface InformationRetrievalOptions {
  name?: string;
  /** Default: `cosine`. */
  similarityFunction?: SimilarityFunction;
  /** A document with the id of the query doesn't count as found, unless it is relevant: it is the query. Default: false. */
  ignoreIdenticalIds?: boolean;
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

/** The embeddings of so many documents are copied at a time. */
const documentsAtOnce = 8192;
/** So many queries are searched with at a time: each has a hundred hits, which are more memory than its embedding. */
const queriesAtOnce = 4096;

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
  /** Ascending, so that of equal scores the lower id comes first. */
  readonly #corpusIds: readonly string[];
  readonly #data: RetrievalData;
  readonly #similarityFunction: SimilarityFunction;
  readonly #ignoreIdenticalIds: boolean;

  /**
   * Leaves a query without judgements out, as pytrec_eval does; one whose judgements are all 0 or less scores 0.
   *
   * @throws HpdError `invalid_argument` for ids that are not there, and where no query has a relevant document
   */
  constructor(data: RetrievalData, options: InformationRetrievalOptions = {}) {
    const {
      name = "Retrieval",
      similarityFunction = "cosine",
      ignoreIdenticalIds = false,
    } = checkedOptions("InformationRetrievalEvaluator", options, informationRetrievalOptions);
    const { queries, corpus, relevantDocs } = data;
    for (const [query, grades] of relevantDocs) {
      if (!queries.has(query)) {
        throw new HpdError(
          "invalid_argument",
          `${name}: relevant documents are given for a query ${query} that is not there`,
        );
      }
      for (const document of grades.keys()) {
        if (corpus.has(document)) continue;
        throw new HpdError("invalid_argument", `${name}: ${query} is to find a document ${document} that is not there`);
      }
    }
    this.#queryIds = [...queries.keys()].filter((query) => (relevantDocs.get(query)?.size ?? 0) > 0);
    const isRelevant = (query: string) => [...relevantDocs.get(query)!.values()].some((grade) => grade > 0);
    if (!this.#queryIds.some(isRelevant)) {
      throw new HpdError("invalid_argument", `${name}: none of ${queries.size} queries has a relevant document`);
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
   * `ndcg_at_10`, and `map`, `recall`, `precision`, `mrr` and `hit_rate` at 1, 3, 5, 10, 20 and 100: means over the queries
   * that have judgements.
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
    for (let start = 0; start < queries.length; start += queriesAtOnce) {
      const some = embeddings.of(queries.slice(start, start + queriesAtOnce), "query");
      const hits = await semanticSearch(some, this.#documents(embeddings), {
        // One more, for the document that may have to be left out.
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
    for (let start = 0; start < documents.length; start += documentsAtOnce) {
      yield embeddings.of(documents.slice(start, start + documentsAtOnce), "document");
    }
  }
}
