/** The files of one model, wherever they are stored. All other rooms see a model through this type alone. */

import type { OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import type { ByteSource } from "../formats/byte-source.ts";

export interface ModelSource {
  /** Name of the model for messages: the folder or the hub id. */
  readonly name: string;
  /** Paths of all files, relative, with forward slashes, sorted: `config.json`, `1_Pooling/config.json`. */
  readonly files: readonly string[];
  /** @throws HpdError `not_found` naming the model, the file and the files that there are. */
  open(file: string): Promise<ByteSource>;
  /**
   * Takes over a file of weights, which are then read lazily. A source without it reads weights at once. See
   * `withWeightsOpen`.
   */
  keepOpen?(file: { close(): Promise<void> }): void;
}

/** Options for models of the hub, under the names of the Python library in camelCase. A local folder needs none. */
export interface ModelSourceOptions {
  /** Branch, tag or commit of the hub repository. Default `main`. */
  readonly revision?: string | undefined;
  /** Access token of the hub. Default: `HF_TOKEN`, else the token that `hf auth login` left behind. */
  readonly token?: string | undefined;
  /** The hub's cache directory, shared with Python. Default: as Python, `~/.cache/huggingface/hub`. */
  readonly cacheFolder?: string | undefined;
  /** Whether to use the cache alone, without network. `HF_HUB_OFFLINE=1` does the same. */
  readonly localFilesOnly?: boolean | undefined;
  /** Called while files are downloaded, not for cached ones. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Stops the download; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const modelSourceOptions: OptionTable<ModelSourceOptions> = {
  revision: "string",
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
  onProgress: "function",
  signal: "signal",
};

/** Progress of a file, in bytes. */
export interface DownloadProgress extends Progress<"download", number> {
  readonly file: string;
}
