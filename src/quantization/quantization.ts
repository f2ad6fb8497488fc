/** Finds ranges, rounds the products of a model, and leaves those that lose too much. */
import { partsBySize } from "../common/parts-by-size.ts";
import { printWarning } from "../encode/print-warning.ts";
import { HpdError } from "../errors.ts";
import type { Graph } from "../graph/node.ts";
import { inputFeatures } from "../modules/features.ts";
import { type Module, requireFeature } from "../modules/module.ts";
import { elementsOf } from "../tensor/lazy-tensor.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import { type Agreement, agreementOf } from "./agreement.ts";
import { type CalibrationTexts, embed, embeddingOutput, observe, type RunContext } from "./calibration.ts";
import { InputStatistics } from "./input-statistics.ts";
import { MatrixProducts } from "./matrix-products.ts";
import type { Parts } from "./open-parts.ts";
import type { QuantizedProduct, QuantizeOptions } from "./options.ts";
import { lookedUpTables, type ProductGroup, productGroups } from "./products.ts";
import { type Replacements, roundGroup, withReplacements } from "./round-model.ts";
import { roundRows } from "./round-weights.ts";

/** Rows from which on a table is worth rounding. */
const minTableRows = 1024;

/** Memory of the statistics of several groups, about: each part of them is another run of the model over the texts. */
const statisticsBytes = 128e6;

/** Fewer texts than this are warned of. */
const fewTexts = 64;

/** Every fourth text is measured with, not calibrated. */
export const measuredEvery = 4;

/** Rounded tensors by the group of products that they belong to; `undefined` for the tables. */
type Rounded = ReadonlyMap<ProductGroup | undefined, Replacements>;

/** A quantization under way: texts are calibrated or measured with, products rounded or left. */
export class Quantization {
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
    const { calibrated, measured } = dividedTexts(texts, model.prompts);
    const idsOf = (texts: readonly string[]): CalibrationTexts => ({
      ids: texts.map(model.tokens).filter(({ length }) => length > 0),
      padId: model.padId,
    });
    this.#calibrated = idsOf(calibrated);
    this.#measured = idsOf(measured);
  }

  /** @param minCosine mean cosine to the exact embeddings, for which products are left in float32 */
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
    const rounded = new Map<ProductGroup | undefined, Replacements>();
    const tables = new Map<Tensor<"float32">, Tensor<"float32">>();
    for (const table of lookedUpTables(this.#graph, minTableRows))
      tables.set(table, roundRows(await elementsOf(table)));
    rounded.set(undefined, tables);
    await using products = await MatrixProducts.open();
    const { onDone } = this.#context("quantize", this.#groups.length);
    // Groups whose statistics are in memory at once, in the order of the graph.
    const bytesOf = ({ inputs }: ProductGroup) => InputStatistics.bytes(inputs[0]!.shape[1] as number);
    for (const part of partsBySize(this.#groups, statisticsBytes, bytesOf)) {
      const statistics = await observe(part, this.#calibrated, products, this.#context("calibrate", 0));
      for (const group of part) {
        this.#options.signal?.throwIfAborted();
        rounded.set(group, await roundGroup(group, statistics.get(group)!, products));
        statistics.delete(group);
        onDone(rounded.size - 1);
      }
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

/**
 * The texts to calibrate and to measure with, behind the model's prompts, as texts are encoded: each prompt in turn for
 * `measuredEvery` texts, so that both have texts of all.
 */
export function dividedTexts(
  texts: readonly string[],
  prompts: readonly string[],
): Record<"calibrated" | "measured", string[]> {
  const prompted = texts.map((text, at) => prompts[Math.floor(at / measuredEvery) % prompts.length]! + text);
  const isMeasured = (_: string, at: number): boolean => at % measuredEvery === measuredEvery - 1;
  return {
    calibrated: prompted.filter((text, at) => !isMeasured(text, at)),
    measured: prompted.filter(isMeasured),
  };
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
