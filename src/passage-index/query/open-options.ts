/** The options of `PassageIndex.open` and `PassageIndex.create`. */
import type { OptionTable } from "../../common/options.ts";
import { type LoadOptions, loadOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import type { IndexPrecision } from "../description.ts";

export interface OpenOptions extends LoadOptions {
  /**
   * Folder or hub id of the index's model, if it is elsewhere than at the build; or the model itself, loaded, which stays
   * the caller's.
   */
  readonly model?: string | SentenceTransformer | undefined;
}

export interface CreateOptions extends LoadOptions {
  /** A model folder, an id of the hub, or a loaded model, which stays the caller's. */
  readonly model: string | SentenceTransformer;
  /** The element type of the embeddings. Default `float32`. */
  readonly precision?: IndexPrecision | undefined;
  /** Maximum tokens per passage. Default: the model's maximum, at most 256. */
  readonly chunkTokens?: number | undefined;
  /** Maximum tokens of whole sentences that two adjacent passages share. Default: an eighth of `chunkTokens`. */
  readonly overlapTokens?: number | undefined;
}

export const openOptions: OptionTable<OpenOptions> = { ...loadOptions, model: "any" };

export const createOptions: OptionTable<CreateOptions> = {
  ...openOptions,
  precision: "string",
  chunkTokens: "number",
  overlapTokens: "number",
};
