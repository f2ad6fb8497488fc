/** The model of an open index, loaded when it is first needed, and refused if it isn't that of the embeddings. */
import type { LoadOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import type { IndexDescription } from "../description.ts";
import { type IdentifiedModel, openModel, requireSameModel } from "../open-model.ts";

export class IndexModel implements AsyncDisposable {
  readonly #index: string;
  readonly #description: IndexDescription;
  readonly #given: string | SentenceTransformer | undefined;
  readonly #options: LoadOptions;
  #loading: Promise<IdentifiedModel> | undefined;

  /**
   * @param index its name, for messages
   * @param given a model instead of the one that the index names
   * @param loaded the model, if the index was created with it
   */
  constructor(
    { name, description }: { readonly name: string; readonly description: IndexDescription },
    given: string | SentenceTransformer | undefined,
    options: LoadOptions,
    loaded?: IdentifiedModel,
  ) {
    this.#index = name;
    this.#description = description;
    this.#given = given;
    this.#options = options;
    this.#loading = loaded && Promise.resolve(loaded);
  }

  /** Loads the model once; a failed load is tried again by the next call. */
  async get(): Promise<SentenceTransformer> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return (await this.#loading).model;
  }

  /** @throws HpdError `invalid_argument` for another model */
  async require(model: SentenceTransformer): Promise<void> {
    if (this.#loading !== undefined && (await this.get()) === model) return;
    requireSameModel(this.#index, this.#description, await openModel(model, this.#options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loading?.then((loaded) => loaded[Symbol.asyncDispose]()).catch(() => {});
  }

  async #load(): Promise<IdentifiedModel> {
    const { name, options: kept } = this.#description.model;
    const loaded = await openModel(this.#given ?? name, { ...(kept as LoadOptions), ...this.#options }).catch(
      (cause) => {
        if (this.#given !== undefined || !isNotThere(cause)) throw cause;
        throw new HpdError(
          "not_found",
          `${this.#index}: its model ${name} is not there any more: name the place where it is now (model)`,
          { cause },
        );
      },
    );
    try {
      requireSameModel(this.#index, this.#description, loaded);
    } catch (error) {
      await loaded[Symbol.asyncDispose]();
      throw error;
    }
    return loaded;
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof HpdError && (error.code === "not_found" || error.code === "invalid_argument");
}
