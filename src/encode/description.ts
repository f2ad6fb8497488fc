/** What a loaded model consists of, for people and programs that want to know. */
import type { SimilarityFunction } from "../similarity/similarity.ts";

export interface ModelDescription {
  readonly modelType: "SentenceTransformer";
  /** The folder or the hub id. */
  readonly name: string;
  /** The class whose network embeds the tokens, `BertModel`, or `StaticEmbedding`; that of each route, by commas. */
  readonly family: string;
  /** The names of the routes where the model has a Router, or none: what `task` may be. */
  readonly routes: readonly string[];
  /** In order, each with what it was made with. */
  readonly modules: readonly { readonly type: string; readonly config: Readonly<Record<string, unknown>> }[];
  /** Numbers that training set. */
  readonly parameters: number;
  /** The size of the files that the weights were read from. */
  readonly fileBytes: number;
  /** The size of the weights as the network computes with them. */
  readonly bytes: number;
  /** Of a sentence embedding. */
  readonly dimension: number;
  /**
   * Whether the model itself scales embeddings to length 1. If not, a store that ranks by dot product needs those of
   * `normalizeEmbeddings` to rank by cosine.
   */
  readonly isNormalized: boolean;
  readonly maxSeqLength: number;
  readonly vocabularySize: number;
  readonly similarityFunction: SimilarityFunction;
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | undefined;
  /** What was unusual at load. */
  readonly warnings: readonly string[];
}
