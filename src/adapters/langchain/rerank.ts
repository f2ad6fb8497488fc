/** A reranker for LangChain: a compressor of documents, as its own are. */
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { requireMethods, requirePositiveInteger } from "../../common/arguments.ts";
import { checkedOptions } from "../../common/options.ts";
import type { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";

export interface HpdRerankFields {
  /** The cross-encoder that scores. It stays the caller's, who disposes of it. */
  readonly model: CrossEncoder;
  /** Maximum documents that are kept. Default: all. */
  readonly topN?: number | undefined;
}

/** Puts documents in the order of a cross-encoder's scores, which their metadata get as `relevanceScore`. */
export class HpdRerank extends BaseDocumentCompressor {
  readonly #model: CrossEncoder;
  readonly #topN: number | undefined;

  /** @throws HpdError `invalid_argument` */
  constructor(fields: HpdRerankFields) {
    super();
    const { model, topN } = checkedOptions<HpdRerankFields>("HpdRerank", fields, { model: "any", topN: "number" });
    requireMethods("HpdRerank: model", model, ["rank"], "a loaded CrossEncoder");
    if (topN !== undefined) requirePositiveInteger("topN", topN);
    this.#model = model;
    this.#topN = topN;
  }

  override async compressDocuments(documents: DocumentInterface[], query: string): Promise<DocumentInterface[]> {
    const texts = documents.map(({ pageContent }) => pageContent);
    const ranked = await this.#model.rank(query, texts, this.#topN === undefined ? {} : { topK: this.#topN });
    return ranked.map(({ corpusId, score }) => {
      const document = documents[corpusId]!;
      return new Document({ ...document, metadata: { ...document.metadata, relevanceScore: score } });
    });
  }
}
