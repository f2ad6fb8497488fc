/** The settings that say which model and how to load it, for every command. */
import { basename } from "node:path";
import { megabytes } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { CrossEncoder } from "../cross-encoder/index.ts";
import { isCrossEncoder } from "../cross-encoder/is-cross-encoder.ts";
import { defaultModel, type LoadOptions, SentenceTransformer } from "../index.ts";
import { SparseEncoder } from "../sparse-encoder/index.ts";
import { isSparseEncoder } from "../sparse-encoder/is-sparse-encoder.ts";
import type { CommandContext } from "./command.ts";
import { ProgressLine } from "./progress.ts";
import { dtypes, loadPoolings } from "./settings/choices.ts";
import { positiveInteger, type SettingTable, type ValuesOf } from "./settings/table.ts";
import { say } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Settings of loading any model. */
export const loadSettings = {
  dtype: {
    kind: "text",
    value: "T",
    choices: dtypes,
    help: "arithmetic of the network; int8 is faster",
    defaultsTo: "fp32",
  },
  pooling: { kind: "text", value: "MODE", choices: loadPoolings, help: "pooling of a folder without modules.json" },
  revision: { kind: "text", value: "REVISION", help: "branch, tag or commit on the hub" },
  token: {
    kind: "text",
    value: "TOKEN",
    help: "access token of the hub",
    defaultsTo: "HF_TOKEN, or the one stored by `hf auth login`",
  },
  "cache-folder": {
    kind: "text",
    value: "FOLDER",
    help: "the hub's cache, shared with Python",
    defaultsTo: "~/.cache/huggingface/hub",
  },
  offline: { kind: "switch", help: "use only the cache, without network" },
  workers: { ...positiveInteger, help: "threads", defaultsTo: "one per core, at most 8" },
} as const satisfies SettingTable;

/** The default model as help texts name it. */
export const defaultModelText = `${basename(defaultModel())}, which is part of this package`;

export const modelSettings = {
  model: {
    kind: "text",
    value: "MODEL",
    help: "model folder, or id on the Hugging Face hub",
    defaultsTo: defaultModelText,
  },
  ...loadSettings,
} as const satisfies SettingTable;

/** The settings of the model of an index. */
export const indexModelSettings = {
  ...modelSettings,
  model: {
    ...modelSettings.model,
    help: "the model of the index, if it is now elsewhere",
    defaultsTo: "the one that the index names",
  },
} as const satisfies SettingTable;

type LoadValues = ValuesOf<typeof loadSettings>;
type ModelValues = ValuesOf<typeof modelSettings>;

/** The options of loading a model, without those that only make sense in this process. */
export type PlainOptions = Omit<LoadOptions, "signal" | "onWarning" | "onProgress">;

export function loadOptions(values: LoadValues): PlainOptions {
  return defined({
    dtype: values.dtype,
    pooling: values.pooling,
    revision: values.revision,
    token: values.token,
    cacheFolder: values["cache-folder"],
    localFilesOnly: values.offline || undefined,
    workers: values.workers,
  });
}

/** The options of another model than the one that `--pooling` and `--revision` are for. */
export function otherLoadOptions(values: LoadValues): PlainOptions {
  const { pooling: _, revision: __, ...options } = loadOptions(values);
  return options;
}

/** The model that is named as the argument or by `--model`. @throws UsageError if both are given */
export function namedModel(argument: string | undefined, { model }: ModelValues): string {
  if (argument !== undefined && model !== undefined) {
    throw new UsageError("MODEL and --model exclude each other: give one of them");
  }
  return argument ?? model ?? defaultModel();
}

/** @param idOrPath instead of `--model` */
export async function loadModel(
  { values, signal }: CommandContext<ModelValues>,
  idOrPath = values.model ?? defaultModel(),
  options = loadOptions(values),
): Promise<SentenceTransformer> {
  return withLoadReports(signal, (reports) => SentenceTransformer.load(idOrPath, { ...options, ...reports }));
}

/**
 * Loads an embedding model, a sparse encoder or a cross-encoder, whichever it is; with `--pooling` always an embedding
 * model.
 *
 * @param report.warns whether to print warnings, and downloads
 */
export async function loadAnyModel(
  idOrPath: string,
  { values, signal }: CommandContext<LoadValues>,
  { warns = true } = {},
): Promise<SentenceTransformer | SparseEncoder | CrossEncoder> {
  const { pooling, ...options } = loadOptions(values);
  return withLoadReports(signal, async (reports) => {
    const all = { ...options, ...(warns ? reports : { signal, onWarning: () => {} }) };
    if (pooling !== undefined) return await SentenceTransformer.load(idOrPath, { ...all, pooling });
    if (await isSparseEncoder(idOrPath, all)) return await SparseEncoder.load(idOrPath, all);
    if (await isCrossEncoder(idOrPath, all)) return await CrossEncoder.load(idOrPath, all);
    return await SentenceTransformer.load(idOrPath, all);
  });
}

/** The cross-encoder of a setting beside the model, or undefined if it is not given. */
export async function loadCrossEncoder(
  name: string | undefined,
  { values, signal }: CommandContext<LoadValues>,
): Promise<CrossEncoder | undefined> {
  if (name === undefined) return undefined;
  return withLoadReports(signal, (reports) => CrossEncoder.load(name, { ...otherLoadOptions(values), ...reports }));
}

type LoadReports = Pick<LoadOptions, "onWarning" | "onProgress"> & { readonly signal: AbortSignal };

/** Runs a load with its warnings and downloads shown on stderr. */
async function withLoadReports<Model>(
  signal: AbortSignal,
  load: (reports: LoadReports) => Promise<Model>,
): Promise<Model> {
  const line = new ProgressLine();
  try {
    return await load({ signal, ...loadReports(line) });
  } finally {
    line.clear();
  }
}

/** Callbacks that print warnings, and downloads on the line, which the caller clears. */
export function loadReports(line: ProgressLine): Pick<LoadOptions, "onWarning" | "onProgress"> {
  return {
    onWarning: say,
    onProgress: ({ file, done, total }) => line.show(() => `${file}  ${megabytes(done)} of ${megabytes(total)} MB`),
  };
}
