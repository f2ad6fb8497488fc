/** `quantize`: a model as a folder whose products are 8-bit, with the ranges of their inputs found beforehand. */
import { resolve } from "node:path";
import { openModel, readModelCard } from "#hub";
import { requirePositiveInteger } from "../common/arguments.ts";
import { defined } from "../common/optional.ts";
import { checkedOptions } from "../common/options.ts";
import { untilAborted } from "../common/until-aborted.ts";
import { loadTokenizer } from "../encode/load-tokenizer.ts";
import { printWarning } from "../encode/print-warning.ts";
import { parsePrompts } from "../encode/prompts.ts";
import { HpdError } from "../errors.ts";
import { requireReplaceable } from "../files/write-folder.ts";
import type { Graph } from "../graph/node.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { inputFeatures } from "../modules/features.ts";
import { requireTransformer, type TransformerInput } from "../modules/input-module.ts";
import { looksLikeCrossEncoder } from "../modules/load-cross-encoder.ts";
import { loadModules, onlyPipeline } from "../modules/load-modules.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { type Module, requireFeature } from "../modules/module.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import { elementsOf } from "../tensor/lazy-tensor.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import { type Agreement, agreementOf } from "./agreement.ts";
import { type CalibrationTexts, embed, embeddingOutput, observe, type RunContext } from "./calibration.ts";
import { defaultTexts } from "./default-texts.ts";
import { cardNote } from "./model-card.ts";
import { type QuantizedProduct, type QuantizeOptions, type QuantizeResult, quantizeOptions } from "./options.ts";
import { lookedUpTables, type ProductGroup, productGroups } from "./products.ts";
import { roundGroup, withReplacements } from "./round-model.ts";
import { roundRows } from "./round-weights.ts";
import { saveQuantized } from "./save-quantized.ts";

const defaultLimit = 1024;
const defaultMinCosine = 0.998;

/** Tokens of a calibration text at most: attention to longer ones takes memory, and their numbers are no other. */
const maxTokens = 256;

/** Rows from which on a table is worth rounding. */
const minTableRows = 1024;

/** Fewer texts than this are warned of. */
const fewTexts = 64;

/** Every fourth text is measured with, not calibrated. */
const measuredEvery = 4;

/**
 * Writes a model whose weights are int8, a quarter in size, and which computes in int8 when it is loaded. Products that
 * lose too much stay in float32.
 *
 * @throws HpdError `invalid_argument` where there is no text, the folder can't be written or the model is quantized
 *   already; `unsupported` for a static model, a cross-encoder or one with several routes; as loading does; the signal's
 *   reason when it aborts
 */
export async function quantize(given: QuantizeOptions): Promise<QuantizeResult> {
  const options = checkedOptions("quantize", given, quantizeOptions);
  const { limit = defaultLimit, minCosine = defaultMinCosine, overwrite = false, signal } = options;
  requirePositiveInteger("limit", limit);
  if (!(minCosine >= 0 && minCosine <= 1)) {
    throw new HpdError("invalid_argument", `minCosine should be a number from 0 to 1, got ${minCosine}`);
  }
  for (const name of ["model", "out"] as const) {
    if (typeof options[name] !== "string") throw new HpdError("invalid_argument", `quantize needs ${name}, a string`);
  }
  if (resolve(options.model) === resolve(options.out)) {
    throw new HpdError("invalid_argument", "out should be another folder than model, which stays as it is");
  }
  await requireReplaceable(options.out, overwrite);
  const texts = await textsOf(options.sentences ?? defaultTexts(), limit, signal);
  const { onProgress: _, ...sourceOptions } = options;
  const source = await openModel(options.model, sourceOptions);
  const card = await readModelCard(options.model, defined({ ...sourceOptions, signal }));
  return await withWeightsOpen(source, async (open) => {
    const model = await openParts(open, options);
    const outcome = await new Quantization(model, options, texts).run(minCosine);
    signal?.throwIfAborted();
    const result = {
      calibrated: outcome.calibrated,
      measured: outcome.measured,
      cosine: outcome.cosine,
      products: outcome.products,
    };
    const name = options.model;
    const bytes = await saveQuantized(
      {
        ...outcome.model,
        source: open,
        card: card ?? "",
        note: cardNote(name, result),
        report: { model: name, ...result },
      },
      options.out,
      overwrite,
    );
    return { out: options.out, ...result, bytesBefore: outcome.bytesBefore, bytes };
  });
}

async function textsOf(
  sentences: Iterable<string> | AsyncIterable<string>,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of untilAborted(sentences, signal)) {
    if (typeof text !== "string")
      throw new HpdError("invalid_argument", `sentences should be strings, got ${typeof text}`);
    if (text.trim() !== "") texts.push(text);
    if (texts.length === limit) break;
  }
  if (texts.length >= measuredEvery) return texts;
  throw new HpdError(
    "invalid_argument",
    `quantizing needs ${measuredEvery} texts or more to find the ranges of activations, some hundred are better, got ` +
      `${texts.length}`,
  );
}

/** The parts of a model. */
interface Parts {
  readonly input: TransformerInput;
  readonly others: readonly Module[];
  readonly name: string;
  readonly prompts: readonly string[];
  readonly tokens: (text: string) => Int32Array;
  readonly padId: number;
}

async function openParts(source: ModelSource, options: QuantizeOptions): Promise<Parts> {
  const { pooling, onWarning = printWarning } = options;
  if (pooling === undefined && (await looksLikeCrossEncoder(source))) {
    throw new HpdError("unsupported", `${source.name} is a cross-encoder: only embedding models are quantized`);
  }
  const loaded = await loadModules(source, pooling, onWarning);
  const pipeline = onlyPipeline(loaded, source.name, "quantization");
  const input = requireTransformer(pipeline.input, source.name, "quantization");
  if ([...input.module.parameters.tensors.values()].some((tensor) => tensor instanceof QuantizedTensor)) {
    throw new HpdError("invalid_argument", `${source.name} is quantized already: give the model that it was made from`);
  }
  const { tokenizer, limits } = await loadTokenizer(source, input);
  const { texts, defaultName } = parsePrompts(loaded.config, `${source.name}/${modelConfigName}`);
  const prompts = [...new Set([defaultName === undefined ? "" : texts[defaultName]!, ...Object.values(texts)])];
  const length = Math.min(limits.sentence, maxTokens);
  return {
    input,
    others: pipeline.modules.slice(1),
    name: source.name,
    prompts,
    tokens: (text) => tokenizer.encode(text, length),
    padId: tokenizer.padId,
  };
}

/** Rounded tensors by the group of products that they belong to; `undefined` for the tables. */
type Rounded = ReadonlyMap<ProductGroup | undefined, ReadonlyMap<Tensor<"float32">, Tensor<"float32">>>;

class Quantization {
  readonly #model: Parts;
  readonly #options: QuantizeOptions;
  readonly #graph: Graph;
  readonly #groups: readonly ProductGroup[];
  readonly #calibrated: CalibrationTexts;
  readonly #measured: CalibrationTexts;
  #exact: readonly Float32Array[] = [];

  constructor(model: Parts, options: QuantizeOptions, texts: readonly string[]) {
    const { onWarning = printWarning } = options;
    this.#model = model;
    this.#options = options;
    this.#graph = this.#graphOf(model.input.module);
    this.#groups = productGroups(this.#graph);
    if (this.#groups.length === 0) {
      throw new HpdError("unsupported", `${model.name} has no matrices that each token is multiplied with`);
    }
    if (texts.length < fewTexts) {
      onWarning(`${texts.length} texts are few to find the ranges of activations: some hundred are better`);
    }
    // Each prompt in turn, since texts are encoded with one.
    const all = texts.map((text, at) => model.tokens(model.prompts[at % model.prompts.length]! + text));
    const ids = all.filter(({ length }) => length > 0);
    const isMeasured = (_: Int32Array, at: number): boolean => at % measuredEvery === measuredEvery - 1;
    this.#measured = { ids: ids.filter(isMeasured), padId: model.padId };
    this.#calibrated = { ids: ids.filter((each, at) => !isMeasured(each, at)), padId: model.padId };
  }

  async run(minCosine: number) {
    const rounded = await this.#round();
    this.#exact = await embed(this.#graph, this.#measured, "fp32", this.#context("measure", 0));
    const chosen = await this.#choose(rounded, minCosine);
    const { input, others } = this.#model;
    const tensors = [input.module, ...others].flatMap(({ parameters }) => [...parameters.tensors.values()]);
    return {
      model: { input, transformer: withReplacements(input.module, replacements(rounded, chosen.kept)), others },
      calibrated: this.#calibrated.ids.length,
      measured: this.#measured.ids.length,
      cosine: chosen.cosine,
      products: this.#groups.map((group) => this.#describe(group, chosen)),
      bytesBefore: 4 * tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    };
  }

  async #round(): Promise<Rounded> {
    const inputs = [...new Set(this.#groups.flatMap((group) => group.inputs))];
    const statistics = await observe(inputs, this.#calibrated, this.#context("calibrate", 0));
    const rounded = new Map<ProductGroup | undefined, ReadonlyMap<Tensor<"float32">, Tensor<"float32">>>();
    const tables = new Map<Tensor<"float32">, Tensor<"float32">>();
    for (const table of lookedUpTables(this.#graph, minTableRows))
      tables.set(table, roundRows(await elementsOf(table)));
    rounded.set(undefined, tables);
    const { onDone } = this.#context("quantize", this.#groups.length);
    for (const [at, group] of this.#groups.entries()) {
      this.#options.signal?.throwIfAborted();
      rounded.set(group, await roundGroup(group, statistics));
      onDone(at + 1);
    }
    return rounded;
  }

  /** Leaves out the groups that lose most, until the embeddings are near enough to the exact ones. */
  async #choose(rounded: Rounded, minCosine: number): Promise<Choice> {
    const all = new Set(this.#groups);
    const cosine = await this.#measure(rounded, all);
    if (cosine.mean >= minCosine) return { kept: all, cosine, losses: new Map() };
    const losses = new Map<ProductGroup, number>();
    for (const group of this.#groups) losses.set(group, 1 - (await this.#measure(rounded, new Set([group]))).mean);
    const worstFirst = [...this.#groups].sort((a, b) => losses.get(b)! - losses.get(a)!);
    const kept = new Set(all);
    let found = cosine;
    for (const group of worstFirst) {
      kept.delete(group);
      found = await this.#measure(rounded, kept);
      if (found.mean >= minCosine) break;
    }
    return { kept, cosine: found, losses };
  }

  async #measure(rounded: Rounded, kept: ReadonlySet<ProductGroup>): Promise<Agreement> {
    const transformer = withReplacements(this.#model.input.module, replacements(rounded, kept));
    const embeddings = await embed(this.#graphOf(transformer), this.#measured, undefined, this.#context("measure", 0));
    return agreementOf(embeddings, this.#exact);
  }

  #graphOf(transformer: Module): Graph {
    const features = [transformer, ...this.#model.others].reduce(
      (before, module) => module.build(before),
      inputFeatures(),
    );
    return { [embeddingOutput]: requireFeature("quantize", features, embeddingOutput) };
  }

  #describe({ weights }: ProductGroup, { kept, losses }: Choice): QuantizedProduct {
    const group = this.#groups.find((each) => each.weights === weights)!;
    const { tensors } = this.#model.input.module.parameters;
    const names = [...tensors].filter(([, tensor]) => weights.includes(tensor)).map(([name]) => name);
    const loss = losses.get(group);
    return { weights: names, dtype: kept.has(group) ? "int8" : "fp32", ...(loss !== undefined && { loss }) };
  }

  /** @param total 0 for the number of the texts of that stage */
  #context(stage: "calibrate" | "quantize" | "measure", total: number): RunContext {
    const { workers, signal, onProgress } = this.#options;
    const texts = stage === "calibrate" ? this.#calibrated : this.#measured;
    return {
      workers,
      signal,
      onDone: (done) => onProgress?.({ stage, done, total: total === 0 ? texts.ids.length : total }),
    };
  }
}

interface Choice {
  /** The groups that are rounded. */
  readonly kept: ReadonlySet<ProductGroup>;
  readonly cosine: Agreement;
  readonly losses: ReadonlyMap<ProductGroup, number>;
}

function replacements(rounded: Rounded, kept: ReadonlySet<ProductGroup>): Map<Tensor<"float32">, Tensor<"float32">> {
  const parts = [...rounded].filter(([group]) => group === undefined || kept.has(group));
  return new Map(parts.flatMap(([, tensors]) => [...tensors]));
}
