/** The model of a work, loaded when it is needed: who only looks what is done needs none. */
import { defaultModel } from "#hub";
import { defined, type Given } from "../../common/optional.ts";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { fingerprintModel } from "../../hub/fingerprint.ts";
import type { OpenWorkOptions } from "../open-options.ts";
import type { EncodeWorkOptions } from "./options.ts";

/** Version of the embeddings: raised when the same model gives other ones. */
const embeddingsVersion = 1;

export class LazyModel {
  readonly path: string;
  readonly #options: Given<EncodeWorkOptions>;
  readonly #machine: OpenWorkOptions;
  #loading: Promise<SentenceTransformer> | undefined;

  constructor(options: Given<EncodeWorkOptions>, machine: OpenWorkOptions) {
    this.path = options.model ?? defaultModel();
    this.#options = options;
    this.#machine = machine;
  }

  fingerprint(): Promise<string> {
    const { dtype, pooling, revision } = this.#options;
    const { token, cacheFolder, localFilesOnly, onProgress, signal } = this.#machine;
    const source = defined({ revision, token, cacheFolder, localFilesOnly, onProgress, signal });
    return fingerprintModel(this.path, source, { version: embeddingsVersion, dtype, pooling });
  }

  get(): Promise<SentenceTransformer> {
    const { dtype, pooling, revision } = this.#options;
    this.#loading ??= SentenceTransformer.load(this.path, {
      ...this.#machine,
      ...defined({ dtype, pooling, revision }),
    });
    return this.#loading;
  }

  async dispose(): Promise<void> {
    const model = await this.#loading?.catch(() => undefined);
    await model?.dispose();
  }
}
