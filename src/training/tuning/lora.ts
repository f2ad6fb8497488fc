/**
 * Low-rank adapters: a student's weights are frozen, and a product of two low-rank matrices is trained beside the
 * weights of some linear layers.
 * Source: Hu et al., LoRA (arXiv 2106.09685), and PEFT, `LoraConfig` and `tuners/lora/layer.py`.
 */
import { requireFraction, requirePositive, requirePositiveInteger } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { type Node, topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Adapter } from "./adapter.ts";

/** LoRA options, with PEFT's defaults. */
export interface LoraOptions {
  /** Rank of the product: PEFT's `r`. Default 8. */
  readonly rank?: number | undefined;
  /** Scale of the product, times 1 / rank: PEFT's `lora_alpha`. Default 8. */
  readonly alpha?: number | undefined;
  /** Dropout ratio of an adapter's input in training. Default 0. */
  readonly dropout?: number | undefined;
  /** Whether the scale is alpha / sqrt(rank) (Kalajdzievski, arXiv 2312.03732). Default false. */
  readonly useRslora?: boolean | undefined;
  /**
   * The linear layers, by the ends of their names, such as `query`, or `all-linear`. Default: the projections to
   * queries and values, or to both if they are one.
   */
  readonly targetModules?: readonly string[] | "all-linear" | undefined;
}

/** LoRA options with their defaults. */
export interface Lora {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly useRslora: boolean;
  readonly targetModules: LoraOptions["targetModules"];
}

/** @throws HpdError `invalid_argument` for an invalid option */
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
  requirePositive("lora.alpha", alpha);
  requireFraction("lora.dropout", dropout);
  const isList = Array.isArray(targetModules) && targetModules.every((name) => typeof name === "string");
  if (targetModules !== undefined && targetModules !== "all-linear" && !(isList && targetModules.length > 0)) {
    throw new HpdError(
      "invalid_argument",
      `lora.targetModules should be names of linear layers, or all-linear, got ${describe(targetModules)}`,
    );
  }
  return { rank, alpha, dropout, useRslora, targetModules };
}

/**
 * Usual names of the projections to queries and values: PEFT's defaults for models that it knows, and those of others.
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

/** @throws HpdError `invalid_argument` for a model without such layers, or without a transformer */
export function loraAdapters([first]: readonly Module[], lora: Lora, seed: number): Adapter[] {
  const { rank, alpha, dropout, useRslora, targetModules } = lora;
  if (first!.type !== "Transformer") {
    throw new HpdError("invalid_argument", `\`lora\` needs a model with a Transformer, got ${first!.type}`);
  }
  const layers = linearLayers(first!);
  const random = Random.fromText(`lora ${seed}`);
  return targeted([...layers.keys()], targetModules).map((layer) => {
    const [outputs, inputs] = layers.get(layer)! as [number, number];
    // Uniform, as torch initializes a linear layer; the other matrix is zero, so that training starts from the model.
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

/** The graph of token embeddings: modules and heads after them get no adapters. */
function tokenGraph(module: Module): Node[] {
  const features = module.build(inputFeatures()) as Features;
  return topologicalOrder({ tokens: requireFeature("lora", features, "token_embeddings") });
}

/** The shape of each linear layer's weight, by the layer's name, in the order of the graph. */
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

/** The names of the weights that LoRA freezes: all that token embeddings depend on. */
export function frozenByLora([first]: readonly Module[]): string[] {
  return tokenGraph(first!).flatMap(({ op, attributes }) =>
    op === "parameter" ? [(attributes as { name: string }).name] : [],
  );
}

function matrix(rows: number, columns: number, draw: () => number): Tensor<"float32"> {
  return { dtype: "float32", shape: [rows, columns], data: Float32Array.from({ length: rows * columns }, draw) };
}
