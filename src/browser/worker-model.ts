/** A model in a Web Worker, with the methods of `SentenceTransformer` that a page needs. */
import { optionsHint } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { printWarning } from "../encode/print-warning.ts";
import { HpdError } from "../errors.ts";
import { pageUrl } from "../hub/page-url.ts";
import type { LoadOptions } from "../index.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import type {
  Answer,
  EncodeMethod,
  Progressed,
  Request,
  SentEncodeOptions,
  SentLoadOptions,
  Vectors,
} from "./messages.ts";

export interface WorkerModelOptions extends SentLoadOptions {
  /**
   * Makes the worker that runs `hpd/browser-worker`. Default: the file beside this one, as Vite, webpack and Parcel
   * find it by `new Worker(new URL(...))`.
   */
  readonly createWorker?: (() => Worker) | undefined;
  /** Called while files of the model arrive, in bytes. */
  readonly onProgress?: ((progress: Progressed) => void) | undefined;
  /** Called with warnings about the model. Default: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Stops the loading; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const workerModelOptions: OptionTable<WorkerModelOptions> = {
  createWorker: "function",
  onProgress: "function",
  onWarning: "function",
  signal: "signal",
  dtype: "string",
  pooling: "string",
  truncateDim: "number",
  similarityFunction: "string",
  revision: "string",
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
};

/**
 * Loads a model in a Web Worker.
 *
 * @param model the URL of a model's folder, absolute or relative to the page, or a hub id
 * @throws HpdError as `SentenceTransformer.load`; `runtime` where the worker's program can't be loaded
 */
export async function createWorkerModel(model: string, given: WorkerModelOptions = {}): Promise<WorkerModel> {
  if (typeof model !== "string" || model === "") {
    const found = `${describe(model)}${optionsHint(model)}`;
    throw new HpdError("invalid_argument", `a model's folder or hub id should be a string, got ${found}`);
  }
  const options = checkedOptions("createWorkerModel", given, workerModelOptions);
  const { createWorker = packagedWorker, signal, onProgress, onWarning = printWarning, ...load } = options;
  signal?.throwIfAborted();
  const worker = createWorker();
  const stop = () => worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await WorkerModel.load(worker, { model, load, signal, onProgress, onWarning });
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

// Bundlers look for these very words.
function packagedWorker(): Worker {
  return new Worker(new URL("./model-worker.js", import.meta.url), { type: "module" });
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Loading {
  readonly model: string;
  readonly load: SentLoadOptions;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progressed) => void) | undefined;
  readonly onWarning: NonNullable<LoadOptions["onWarning"]>;
}

/** A model that computes in a Web Worker. */
export class WorkerModel {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #dimension = 0;
  /** The error of all requests after the end. */
  #end: unknown;

  private constructor(worker: Worker, { onProgress, onWarning }: Loading) {
    this.#worker = worker;
    worker.onmessage = ({ data: answer }: MessageEvent<Answer>) => {
      if (answer.type === "progress") onProgress?.(answer.progress);
      else if (answer.type === "warning") onWarning(answer.message);
      else if (answer.type === "failed") this.#take(answer.id)?.reject(new HpdError(answer.code, answer.message));
      else this.#take(answer.id)?.resolve(answer);
    };
    worker.onerror = ({ message }) => {
      const why = message ? `: ${message}` : ", or its program isn't there: see createWorker";
      this.#fail(new HpdError("runtime", `the worker of the model failed${why}`));
    };
  }

  /** @internal */
  static async load(worker: Worker, loading: Loading): Promise<WorkerModel> {
    const { model, load, signal } = loading;
    const made = new WorkerModel(worker, loading);
    const stop = () => made.#fail(signal!.reason);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      // The worker's own place is another one.
      const loaded = await made.#ask({ type: "load", model: pageUrl(model), options: load });
      if (loaded.type === "loaded") made.#dimension = loaded.dimension;
      return made;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Dimension of an embedding. */
  get dimension(): number {
    return this.#dimension;
  }

  /** Encodes one text or several, as `SentenceTransformer.encode`. @throws HpdError as there */
  encode(sentence: string, options?: SentEncodeOptions): Promise<Float32Array>;
  encode(sentences: readonly string[], options?: SentEncodeOptions): Promise<Embeddings>;
  encode(sentences: string | readonly string[], options?: SentEncodeOptions): Promise<Float32Array | Embeddings>;
  encode(sentences: string | readonly string[], options: SentEncodeOptions = {}): Promise<Float32Array | Embeddings> {
    return this.#encode("encode", sentences, options);
  }

  /** Encodes queries, as `SentenceTransformer.encodeQuery`. @throws HpdError as there */
  encodeQuery(query: string, options?: SentEncodeOptions): Promise<Float32Array>;
  encodeQuery(queries: readonly string[], options?: SentEncodeOptions): Promise<Embeddings>;
  encodeQuery(queries: string | readonly string[], options?: SentEncodeOptions): Promise<Float32Array | Embeddings>;
  encodeQuery(
    queries: string | readonly string[],
    options: SentEncodeOptions = {},
  ): Promise<Float32Array | Embeddings> {
    return this.#encode("encodeQuery", queries, options);
  }

  /** Encodes documents, as `SentenceTransformer.encodeDocument`. @throws HpdError as there */
  encodeDocument(document: string, options?: SentEncodeOptions): Promise<Float32Array>;
  encodeDocument(documents: readonly string[], options?: SentEncodeOptions): Promise<Embeddings>;
  encodeDocument(
    documents: string | readonly string[],
    options?: SentEncodeOptions,
  ): Promise<Float32Array | Embeddings>;
  encodeDocument(
    documents: string | readonly string[],
    options: SentEncodeOptions = {},
  ): Promise<Float32Array | Embeddings> {
    return this.#encode("encodeDocument", documents, options);
  }

  /** Ends the worker. Pending calls reject with `disposed`. */
  dispose(): void {
    this.#fail(new HpdError("disposed", "the model was disposed"));
  }

  async #encode(
    type: EncodeMethod,
    given: string | readonly string[],
    options: SentEncodeOptions,
  ): Promise<Float32Array | Embeddings> {
    const texts = typeof given === "string" ? [given] : given;
    const answer = await this.#ask({ type, texts, options });
    const { data, count, dimension } = (answer as Answer & { readonly vectors: Vectors }).vectors;
    return typeof given === "string" ? data : new Embeddings(data, count, dimension);
  }

  #ask(request: Request): Promise<Answer> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      try {
        this.#worker.postMessage({ ...request, id });
      } catch (cause) {
        this.#waiting.delete(id);
        reject(
          new HpdError("invalid_argument", "texts and options should be such as can be sent to a worker", { cause }),
        );
      }
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** Ends the worker, and all that wait for it. */
  #fail(error: unknown): void {
    this.#end ??= error;
    this.#worker.terminate();
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(this.#end);
  }
}
