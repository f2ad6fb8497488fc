/** The description of a loaded model. */
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { LoadOptions } from "./options.ts";

export interface ModelDescription {
  readonly modelType: "SentenceTransformer";
  /** The folder or the hub id. */
  readonly name: string;
  /** The class of the network, such as `BertModel` or `StaticEmbedding`; of several routes, separated by commas. */
  readonly family: string;
  /** Names of the routes of a Router, which `task` may name; empty without a Router. */
  readonly routes: readonly string[];
  /** Modules in order, each with its config. */
  readonly modules: readonly { readonly type: string; readonly config: Readonly<Record<string, unknown>> }[];
  /** Number of trained parameters. */
  readonly parameters: number;
  /** Size in bytes of the weight files. */
  readonly fileBytes: number;
  /** Size in bytes of the weights in memory. */
  readonly bytes: number;
  /**
   * Arithmetic of the network. int8 is `stored` in a folder of `hpd quantize`, with the ranges of activations, or
   * `dynamic`: made at load, each token with a range of its own.
   */
  readonly arithmetic: "fp32" | "int8, stored" | "int8, dynamic";
  /** Dimension of a sentence embedding, before truncation. */
  readonly dimension: number;
  /**
   * Whether the model itself scales embeddings to length 1. If not, a store that ranks by dot product needs those of
   * `normalizeEmbeddings` to rank by cosine.
   */
  readonly isNormalized: boolean;
  readonly maxSeqLength: number;
  readonly vocabularySize: number;
  readonly similarityFunction: SimilarityFunction;
  /** The given options of loading that change embeddings. */
  readonly loadedWith: Pick<LoadOptions, "dtype" | "pooling" | "truncateDim" | "revision">;
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | undefined;
  /** Warnings of loading. */
  readonly warnings: readonly string[];
}
