/** The entries of modules.json: the class of each module and its folder. No other file is read. */
import { describe, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { maxModules } from "../hub/select-files.ts";
import { moduleEntryKeys } from "./keys/module-keys.ts";
import { type ModelKind, type ModuleType, moduleTypes, sparseModuleTypes } from "./module.ts";
import { readJson } from "./read-json.ts";

export interface ModuleEntry {
  /** `MLMTransformer` is an old name of a Transformer whose task is `fill-mask`. */
  readonly type: ModuleType | "MLMTransformer" | "Router";
  readonly path: string;
}

const knownTypes = {
  SentenceTransformer: [...moduleTypes, "Router"],
  SparseEncoder: [...moduleTypes, ...sparseModuleTypes, "MLMTransformer", "Router"],
} as const;

/** Modules of Python that are left out, and why: docs/decisions/2026-11-29-modules-left-out.md. */
const leftOut: Readonly<Record<string, string>> = {
  BoW: "it counts words, without tokens",
  CLIPModel: "it takes images",
  CNN: "it sees the padding of a batch, on which embeddings would depend",
  LSTM: "it is a recurrent network",
  WeightedLayerPooling: "it takes the output of every layer of the transformer",
  WordWeights: "it weighs words, and poolings divide by the weights",
};

/** @throws HpdError `not_found`, `corrupt_file`, `invalid_model`; `unsupported` naming a class that is not known */
export async function readModuleEntries(source: ModelSource, kind?: ModelKind): Promise<ModuleEntry[]> {
  return parseModules(await readJson(source, "modules.json"), `${source.name}/modules.json`, kind);
}

/** Whether the model begins with a Transformer and has no Router, before any module is loaded. */
export async function startsWithTransformer(source: ModelSource): Promise<boolean> {
  if (!source.files.includes("modules.json")) return true;
  const entries = await readModuleEntries(source);
  return entries[0]!.type === "Transformer" && entries.every(({ type }) => type !== "Router");
}

/** Requires a model without a Router, before any module is loaded. @throws HpdError `unsupported` */
export async function requireOneRoute(source: ModelSource, purpose: string): Promise<void> {
  if (!source.files.includes("modules.json")) return;
  if ((await readModuleEntries(source)).some(({ type }) => type === "Router")) {
    throw new HpdError("unsupported", `${source.name}: ${purpose} needs a model of one route, and it has a Router`);
  }
}

/** The folder of the first module, with the tokenizer, before any module is loaded. */
export async function transformerFolderOf(source: ModelSource): Promise<string> {
  if (!source.files.includes("modules.json")) return "";
  return (await readModuleEntries(source))[0]!.path;
}

export function parseModules(value: unknown, file: string, kind?: ModelKind): ModuleEntry[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxModules) {
    const found = Array.isArray(value) ? `${value.length} of them` : describe(value);
    throw new HpdError("corrupt_file", `${file} should hold a list of 1 to ${maxModules} modules, got ${found}`);
  }
  const names = new Set<string>();
  return value.map((entry: unknown) => {
    const { type, path, name } = (entry ?? {}) as JsonObject;
    if (typeof type !== "string" || typeof path !== "string" || path.split("/").includes("..")) {
      throw new HpdError(
        "corrupt_file",
        `${file}: a module needs a type and a path inside the model, got ${describe(entry)}`,
      );
    }
    checkKeys(entry as JsonObject, moduleEntryKeys, file);
    if (typeof name === "string" && names.size === names.add(name).size) {
      throw new HpdError("invalid_model", `${file}: two modules are called ${describe(name)}; Python would drop one`);
    }
    return {
      type: parseType(type, file, kind),
      path: path
        .split("/")
        .filter((part) => part !== "" && part !== ".")
        .join("/"),
    };
  });
}

/**
 * The class of a module. Its path has three generations: `sentence_transformers.models.*`,
 * `sentence_transformers.sentence_transformer.modules.*` and `sentence_transformers.base.modules.*`; those of sparse
 * encoders are below `sentence_transformers.sparse_encoder`.
 */
export function parseType(path: string, file: string, kind: ModelKind = "SentenceTransformer"): ModuleEntry["type"] {
  const name =
    /^sentence_transformers\.(?:models|(?:sentence_transformer|base|sparse_encoder)\.modules|sparse_encoder\.models)\.(?:\w+\.)*(\w+)$/.exec(
      path,
    );
  const type = knownTypes[kind].find((known) => known === name?.[1]);
  // The name of Router until version 5.
  if (name?.[1] === "Asym") return "Router";
  if (type !== undefined) return type;
  const isSparse = knownTypes.SparseEncoder.some((known) => known === name?.[1]);
  const ofSparse = isSparse ? "it is of a sparse encoder, which SparseEncoder of hpd/sparse-encoder loads" : undefined;
  const reason = ofSparse ?? (name !== null && Object.hasOwn(leftOut, name[1]!) ? leftOut[name[1]!] : undefined);
  if (reason !== undefined) {
    throw new HpdError("unsupported", `${file}: the module ${name![1]} is not supported: ${reason}`);
  }
  throw new HpdError(
    "unsupported",
    `${file}: the module ${path} is not known; known are ${knownTypes[kind].join(", ")} of sentence_transformers`,
  );
}
