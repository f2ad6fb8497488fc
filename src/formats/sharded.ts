/**
 * Opens a checkpoint that is cut into files (shards) by its `*.index.json`, whose `weight_map` says which tensor
 * lies in which file. Only the shards' headers are read at once.
 * Source: transformers' get_checkpoint_shard_files.
 */
import { HpdError } from "../errors.ts";
import type { TensorFile, TensorInfo } from "./tensor-file.ts";

/**
 * @param index the text of the index
 * @param open opens a shard that lies beside the index
 * @throws HpdError `corrupt_file` for a bad index or a tensor that its shard lacks, and what `open` throws.
 */
export async function openSharded(index: string, open: (file: string) => Promise<TensorFile>): Promise<TensorFile> {
  const weightMap = parseWeightMap(index);
  const shards = new Map<string, TensorFile>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  const tensors = new Map<string, TensorInfo>();
  try {
    for (const [name, file] of weightMap) {
      const shard = shards.get(file) ?? (await open(file));
      shards.set(file, shard);
      const info = shard.tensors.get(name);
      if (info === undefined)
        throw new HpdError("corrupt_file", `the index says that ${name} is in ${file}; it is not`);
      tensors.set(name, info);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    tensors,
    async read(name) {
      const shard = shards.get(weightMap.get(name) ?? "");
      if (shard === undefined) throw new HpdError("not_found", `the index of the shards has no tensor ${name}`);
      return shard.read(name);
    },
    close,
  };
}

function parseWeightMap(index: string): Map<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(index);
  } catch (cause) {
    throw new HpdError("corrupt_file", "the index of the shards is not JSON", { cause });
  }
  const weights = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (typeof weights !== "object" || weights === null || Array.isArray(weights)) {
    throw new HpdError("corrupt_file", "the index of the shards should have an object weight_map");
  }
  for (const [name, file] of Object.entries(weights)) {
    if (typeof file !== "string" || file === "" || file === "." || file === ".." || /[/\\\0]/.test(file)) {
      throw new HpdError("corrupt_file", `the index should name a file beside it for ${name}`);
    }
  }
  return new Map(Object.entries(weights as Record<string, string>));
}
