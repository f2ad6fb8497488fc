/**
 * Low-rank adapters: a student's weights stay as they are, and beside those of some linear layers a product of two thin
 * matrices is learnt. Source: Hu et al., LoRA (arXiv 2106.09685), and PEFT, `LoraConfig` and `tuners/lora/layer.py`.
 */
import { requirePositiveInteger } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { type Node, topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Adapter } from "./adapter.ts";

/** Defaults are those of PEFT. */
export interface LoraOptions {
  /** Of the product: PEFT's `r`. Default 8. */
  readonly rank?: number | undefined;
  /** The product is multiplied with alpha / rank: PEFT's `lora_alpha`. Default 8. */
  readonly alpha?: number | undefined;
  /** The ratio of an adapter's input that is dropped while it learns. Default 0. */
  readonly dropout?: number | undefined;
  /** Multiplies with alpha / sqrt(rank) instead (Kalajdzievski, arXiv 2312.03732). Default false. */
  readonly useRslora?: boolean | undefined;
  /**
   * Linear layers by the ends of their names, such as `query`, or `all-linear`. Default: the projections to queries and
   * values, or the one to both where they are one.
   */
  readonly targetModules?: readonly string[] | "all-linear" | undefined;
}

/** Without gaps. */
export interface Lora {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly useRslora: boolean;
  readonly targetModules: LoraOptions["targetModules"];
}

/** @throws HpdError `invalid_argument` for an option that can't do */
export function loraOf(options: LoraOptions): Lora {
  const given = checkedOptions("lora", options, {
    rank: "number",
    alpha: "number",
    dropout: "number",
    useRslora: "boolean",
    targetModules: "any",
  });
  const { rank = 8, alpha = 8, dropout = 0, useRslora = false, targetModules } = given;
  requirePositiveInteger("lora.rank", rank);
  if (!(alpha > 0 && alpha < Infinity && dropout >= 0 && dropout < 1)) {
    throw new HpdError(
      "invalid_argument",
      `lora: alpha should be above 0, and dropout from 0 to less than 1, got ${alpha} and ${dropout}`,
    );
  }
  const isList = Array.isArray(targetModules) && targetModules.every((name) => typeof name === "string");
  if (targetModules !== undefined && targetModules !== "all-linear" && !(isList && targetModules.length > 0)) {
    throw new HpdError(
      "invalid_argument",
      `lora: targetModules should be names of linear layers, or all-linear, got ${describe(targetModules)}`,
    );
  }
  return { rank, alpha, dropout, useRslora, targetModules };
}

/**
 * What projects to queries and values, as models call it: those that PEFT takes where it knows the model, and the same of
 * others.
 */
const defaultTargets = [
  ...[
    ["query", "value"],
    ["query_proj", "value_proj"],
    ["q_proj", "v_proj"],
    ["q_lin", "v_lin"],
    ["q", "v"],
  ],
  ...[["Wqkv"], ["qkv_proj"]],
];

/** @throws HpdError `invalid_argument` where the model has no such layers, or is no transformer */
export function loraAdapters([first]: readonly Module[], lora: Lora, seed: number): Adapter[] {
  const { rank, alpha, dropout, useRslora, targetModules } = lora;
  if (first!.type !== "Transformer") {
    throw new HpdError("invalid_argument", `lora is for transformers, and the model is a ${first!.type}`);
  }
  const layers = linearLayers(first!);
  const random = Random.fromText(`lora ${seed}`);
  return targeted([...layers.keys()], targetModules).map((layer) => {
    const [outputs, inputs] = layers.get(layer)! as [number, number];
    // Uniform, as torch draws a linear layer's weight; the other matrix is zero, so that training starts from the model.
    const bound = 1 / Math.sqrt(inputs);
    const inner = matrix(rank, inputs, () => bound * (2 * random.nextFloat() - 1));
    return {
      weight: `${layer}.weight`,
      inner: { name: `${layer}.lora_A.weight`, tensor: inner },
      outer: { name: `${layer}.lora_B.weight`, tensor: matrix(outputs, rank, () => 0) },
      scale: useRslora ? alpha / Math.sqrt(rank) : alpha / rank,
      dropout,
    };
  });
}

function targeted(layers: readonly string[], targets: LoraOptions["targetModules"]): string[] {
  if (targets === "all-linear") return [...layers];
  const ends = (layer: string, target: string) => layer === target || layer.endsWith(`.${target}`);
  const isThere = (target: string) => layers.some((layer) => ends(layer, target));
  const wanted = targets ?? defaultTargets.find((names) => names.every(isThere));
  const missing = wanted === undefined ? "queries and values" : wanted.find((target) => !isThere(target));
  if (wanted !== undefined && missing === undefined) {
    return layers.filter((layer) => wanted.some((target) => ends(layer, target)));
  }
  const names = new Set(layers.map((layer) => layer.split(/\.\d+\./).at(-1)!));
  throw new HpdError(
    "invalid_argument",
    `lora: the model has no linear layer ${missing}: set targetModules to some of ${[...names].join(", ")}, or all-linear`,
  );
}

/** The graph of token embeddings: what comes after them, a head too, has no adapters. */
function tokenGraph(module: Module): Node[] {
  const features = module.build(inputFeatures()) as Features;
  return topologicalOrder({ tokens: requireFeature("lora", features, "token_embeddings") });
}

/** Shapes of their weights by their names, in the order of the graph. */
function linearLayers(module: Module): Map<string, readonly number[]> {
  const layers = new Map<string, readonly number[]>();
  for (const { op, inputs } of tokenGraph(module)) {
    const weight = op === "linear" ? inputs[1]! : undefined;
    if (weight?.op !== "parameter") continue;
    const { name } = weight.attributes as { name: string };
    if (name.endsWith(".weight")) layers.set(name.slice(0, -".weight".length), weight.shape as readonly number[]);
  }
  return layers;
}

/** The names of the weights that adapters take the place of: all that token embeddings depend on. */
export function frozenByLora([first]: readonly Module[]): string[] {
  return tokenGraph(first!).flatMap(({ op, attributes }) =>
    op === "parameter" ? [(attributes as { name: string }).name] : [],
  );
}

function matrix(rows: number, columns: number, draw: () => number): Tensor<"float32"> {
  return { dtype: "float32", shape: [rows, columns], data: Float32Array.from({ length: rows * columns }, draw) };
}
