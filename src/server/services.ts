/** The state that all routes of a server share: models with their queues, limits, metrics. */
import type { CrossEncoder } from "../cross-encoder/cross-encoder.ts";
import { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { SparseEncoder } from "../sparse-encoder/sparse-encoder.ts";
import { EmbeddingEngine, SparseEngine } from "./engine/embedding-engine.ts";
import { ScoringEngine } from "./engine/scoring-engine.ts";
import { Failure } from "./failure.ts";
import { Metrics, type MetricsSnapshot } from "./observe/metrics.ts";
import type { CheckedServerOptions } from "./options.ts";
import { Admission } from "./queue/admission.ts";
import { BodyBudget } from "./queue/body-budget.ts";
import { ServedIndexes } from "./served-indexes.ts";
import { type NamedModel, ServedModels } from "./served-models.ts";
import { untilStopped } from "./until-stopped.ts";

type Engine = EmbeddingEngine | SparseEngine | ScoringEngine;

/** Time limit of a health probe. */
const probeMilliseconds = 30_000;

/** Time after a successful batch in which a model counts as healthy without a probe, which would wait for other batches. */
const healthyMilliseconds = 10_000;

export class Services {
  readonly models: ServedModels;
  readonly indexes: ServedIndexes;
  readonly options: CheckedServerOptions;
  readonly metrics = new Metrics();
  readonly admission: Admission;
  readonly bodies: BodyBudget;
  /** Unix time in seconds at which this server was created. */
  readonly created = Math.floor(Date.now() / 1000);
  /** The metrics of the other processes behind the same address. */
  metricsOfOthers: (() => Promise<readonly MetricsSnapshot[]>) | undefined;
  /** One engine per model, however many names it has. */
  readonly #engines = new Map<NamedModel["model"], Engine>();
  #probe: Promise<void> | undefined;

  constructor(named: readonly NamedModel[], options: CheckedServerOptions) {
    this.models = new ServedModels(named);
    this.indexes = new ServedIndexes(options.indexes);
    this.options = options;
    this.bodies = new BodyBudget(options.maxBodyBytes);
    this.admission = new Admission(options.maxConcurrentRequests);
    for (const { model } of this.models.named) this.#engine(model);
  }

  /** @param model one of the server's, or that of an index */
  embedding(model: SentenceTransformer): EmbeddingEngine {
    return this.#engine(model) as EmbeddingEngine;
  }

  sparse(model: SparseEncoder): SparseEngine {
    return this.#engine(model) as SparseEngine;
  }

  scoring(model: CrossEncoder): ScoringEngine {
    return this.#engine(model) as ScoringEngine;
  }

  #engine(model: NamedModel["model"]): Engine {
    const known = this.#engines.get(model);
    if (known !== undefined) return known;
    const engine = engineOf(model, this.options);
    this.#engines.set(model, engine);
    return engine;
  }

  /** A message with the folders of models and indexes replaced by their names: folders are not disclosed. */
  withoutFolders(message: string): string {
    return this.indexes.withoutFolders(this.models.withoutFolders(message));
  }

  /** @throws Failure `too_many` */
  requireInputs(count: number, param: string): void {
    const { maxInputs } = this.options;
    if (count <= maxInputs) return;
    throw new Failure("too_many", `batch size ${count} > maximum allowed batch size ${maxInputs}`, { param });
  }

  /** Estimated seconds until the longest queue is computed. */
  readonly retryAfter = (): number => {
    const all = [...this.#engines.values()].flatMap(({ queues }) => queues);
    return Math.max(1, ...all.map((queue) => queue.retryAfter));
  };

  /** Runs every model that had no successful request recently on a short text. @throws the error of a model that fails */
  health(): Promise<void> {
    this.#probe ??= this.#probeAll().finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  async #probeAll(): Promise<void> {
    if (this.admission.isClosed) throw new Failure("unavailable", "the server is shutting down");
    const signal = AbortSignal.timeout(probeMilliseconds);
    const isHealthy = (engine: Engine) =>
      engine.queues.some(({ lastSuccess }) => performance.now() - lastSuccess < healthyMilliseconds);
    const engines = [...this.#engines.values()].filter((engine) => !isHealthy(engine));
    const counts = this.indexes.named.map(({ index }) => index.count());
    await untilStopped(Promise.all([...engines.map((engine) => engine.probe(signal)), ...counts]), signal);
  }

  /** The metrics of this process. */
  measure(): MetricsSnapshot {
    const queues = [...this.#engines.values()].flatMap((engine) => engine.queues);
    this.metrics.set(
      "te_queue_size",
      queues.reduce((sum, { items }) => sum + items, 0),
    );
    this.metrics.set(
      "te_queue_tokens",
      queues.reduce((sum, { tokens }) => sum + tokens, 0),
    );
    this.metrics.set("te_requests_in_flight", this.admission.count);
    this.metrics.set("hpd_processes", 1);
    this.metrics.set("process_resident_memory_bytes", process.memoryUsage.rss());
    return this.metrics.snapshot();
  }

  /** The metrics of all processes behind this address, for Prometheus. */
  async renderMetrics(): Promise<string> {
    const all = new Metrics();
    const others = (await this.metricsOfOthers?.()) ?? [];
    for (const snapshot of [this.measure(), ...others]) all.addSnapshot(snapshot);
    return all.render();
  }
}

function engineOf(model: NamedModel["model"], options: CheckedServerOptions): Engine {
  if (model instanceof SentenceTransformer) return new EmbeddingEngine(model, options);
  return model instanceof SparseEncoder ? new SparseEngine(model, options) : new ScoringEngine(model, options);
}
