/**
 * Selects the files of a repository that a sentence-transformers model needs: configs, tokenizer, and weights in one
 * format. A repository often holds the same weights five times over (ONNX, OpenVINO, TensorFlow, Flax, Rust).
 */
import { describe, parseJson } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { isSafePath } from "./file-path.ts";

/** Folders as sentence-transformers names them: `1_Pooling`, `query_0_Transformer`. */
function isModuleFolder(name: string): boolean {
  return /^\w+$/.test(name) && /(?:^|\w_)\d+_[A-Za-z]/.test(name);
}

const configOrTokenizer =
  /^(?:config.*|.+_config|modules|tokenizer|special_tokens_map|added_tokens|vocab)\.json$|^(?:vocab|merges)\.txt$/;

/** Maximum modules of a model; most have two to five. Plain web servers get requests for each folder. */
export const maxModules = 100;

/** Formats of weights in the order of transformers, then its own. */
const weightFormats = [
  { main: "model.safetensors" },
  { main: "model.safetensors.index.json", shard: /^model-\d+-of-\d+\.safetensors$/ },
  { main: "pytorch_model.bin" },
  { main: "pytorch_model.bin.index.json", shard: /^pytorch_model-\d+-of-\d+\.bin$/ },
  // Of hpd alone, written by `hpd quantize`.
  { main: "model.int8.safetensors" },
];

/** The folders other than the root that `modules.json` names. @throws HpdError `corrupt_file`. */
export function readModuleFolders(modulesJson: string): string[] {
  const modules = parseJson(modulesJson, "modules.json");
  if (!Array.isArray(modules) || modules.length > maxModules) {
    throw new HpdError(
      "corrupt_file",
      `modules.json should hold a list of at most ${maxModules} modules, got ${describe(modules)}`,
    );
  }
  const folders = modules
    .map((module: { path?: unknown } | null) => module?.path ?? "")
    // model2vec writes "." for the root.
    .filter((path) => path !== "" && path !== ".");
  for (const folder of folders) {
    if (typeof folder !== "string" || !isSafePath(folder)) {
      throw new HpdError(
        "corrupt_file",
        `modules.json: path should be relative and inside the model, got ${describe(folder)}`,
      );
    }
  }
  return folders as string[];
}

/** The files that the model needs, sorted. @param moduleFolders the result of `readModuleFolders` */
export function selectFiles(files: readonly string[], moduleFolders: readonly string[]): string[] {
  const named = new Set(moduleFolders);
  const namesOfFolder = new Map<string, string[]>();
  for (const file of files) {
    const slash = file.lastIndexOf("/");
    const folder = file.slice(0, Math.max(slash, 0));
    // The modules of a Router are below its folder.
    const isNamed = named.has(folder) || named.has(folder.slice(0, Math.max(folder.lastIndexOf("/"), 0)));
    if (folder === "" || isNamed || folder.split("/").every((part) => isModuleFolder(part))) {
      if (!namesOfFolder.has(folder)) namesOfFolder.set(folder, []);
      namesOfFolder.get(folder)!.push(file.slice(slash + 1));
    }
  }
  return [...namesOfFolder]
    .flatMap(([folder, names]) => selectNames(names).map((name) => (folder === "" ? name : `${folder}/${name}`)))
    .sort();
}

/** Whether a file holds weights, or is an index of shards. */
export function isWeightsFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return weightFormats.some(({ main, shard }) => name === main || shard?.test(name) === true);
}

/** Whether any weights are among `files`. */
export function hasWeights(files: readonly string[]): boolean {
  return files.some((file) => weightFormats.some(({ main }) => file.slice(file.lastIndexOf("/") + 1) === main));
}

function selectNames(names: readonly string[]): string[] {
  const weights = weightFormats.find(({ main }) => names.includes(main));
  return names.filter(
    (name) => configOrTokenizer.test(name) || name === weights?.main || weights?.shard?.test(name) === true,
  );
}
