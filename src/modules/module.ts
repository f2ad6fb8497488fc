/** A step of a sentence-transformers model: it reads named features and adds one. */

import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Node } from "../graph/node.ts";
import type { Features } from "./features.ts";
import type { Parameters } from "./parameters.ts";

/** Names of the classes in sentence-transformers. */
export const moduleTypes = [
  "Transformer",
  "StaticEmbedding",
  "WordEmbeddings",
  "Pooling",
  "Dense",
  "Normalize",
  "LayerNorm",
  "Dropout",
] as const;

export type ModuleType = (typeof moduleTypes)[number];

/** Element type of the weights in a saved model. */
export type WeightDType = "float32" | "float16";

export interface Module {
  readonly type: ModuleType;
  /** What it was made with, as the Python library prints it. */
  readonly config: JsonObject;
  /** What it computes with, and what else its checkpoint holds for the Python library. */
  readonly parameters: Parameters;
  /** The features with this module's own among them. Pure: building twice gives two equal graphs. */
  build(features: Features): Features;
  /** Of a transformer: its lower layers alone. */
  readonly depth?: Depth;
  /** The same module with other values, under the same names and of the same shapes. */
  withParameters(parameters: Parameters): Module;
  /** The JSON files beside its weights, by name, with the keys that the oldest versions of the Python library read. */
  configFiles(): Readonly<Record<string, JsonObject>>;
}

export interface Depth {
  readonly layers: number;
  /** As `Module.build`, of a transformer that has only the first layers: the one that is cut to them. */
  build(features: Features, layers: number): Features;
}

/** @throws HpdError `invalid_model` naming the module and the features that there are. */
export function requireFeature(module: string, features: Features, name: string): Node {
  const feature = Object.hasOwn(features, name) ? features[name] : undefined;
  if (feature !== undefined) return feature;
  throw new HpdError(
    "invalid_model",
    `${module} reads the feature ${name}, but the modules before it give only ${Object.keys(features).join(", ")}`,
  );
}
