/** A module of a sentence-transformers model: it reads named features and adds one. */

import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Node } from "../graph/node.ts";
import type { Features } from "./features.ts";
import type { Parameters } from "./parameters.ts";

/** Class names of sentence-transformers. */
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

/** Class names of sentence-transformers that only sparse encoders have. */
export const sparseModuleTypes = ["SpladePooling", "SparseAutoEncoder", "SparseStaticEmbedding"] as const;

export type ModuleType = (typeof moduleTypes)[number] | (typeof sparseModuleTypes)[number];

/** The class of a model in sentence-transformers. */
export type ModelKind = "SentenceTransformer" | "SparseEncoder";

/** Element type of the weights in a saved model. */
export type WeightDType = "float32" | "float16";

export interface Module {
  readonly type: ModuleType;
  /** The config as the Python library prints it. */
  readonly config: JsonObject;
  /** Its weights, and others of its checkpoint that only the Python library uses. */
  readonly parameters: Parameters;
  /** Adds this module's features. Pure: building twice gives two equal graphs. */
  build(features: Features): Features;
  /** The layers of a transformer, which can be built without the upper ones. */
  readonly depth?: Depth;
  /** The same module with other weights of the same names and shapes. */
  withParameters(parameters: Parameters): Module;
  /** The JSON files beside its weights, by name, with the keys that the oldest versions of the Python library read. */
  configFiles(): Readonly<Record<string, JsonObject>>;
}

export interface Depth {
  readonly layers: number;
  /** Builds as `Module.build` a transformer of the first layers only. */
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
