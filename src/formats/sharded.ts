/**
 * A checkpoint in several files with an index: `{"weight_map": {<tensor>: <file>}}`, next to `metadata`, which is not
 * needed. Source: `get_checkpoint_shard_files` of transformers.
 */
import { describe, isObject, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { TensorFile, TensorInfo } from "./tensor-file.ts";

/**
 * Opens all the shards, because only they know the shapes.
 * @param index the text of `*.index.json`
 * @param open a shard, by the name of a file beside the index
 * @throws HpdError `corrupt_file` for an index that is not as above; `invalid_model` for a tensor that its shard lacks;
 * what `open` throws. No shard is open afterwards.
 */
export async function openSharded(index: string, open: (file: string) => Promise<TensorFile>): Promise<TensorFile> {
  const fileOf = parseWeightMap(index);
  const shards = new Map<string, TensorFile>();
  const close = async () => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  const tensors = new Map<string, TensorInfo>();
  try {
    for (const [name, file] of fileOf) {
      let shard = shards.get(file);
      if (shard === undefined) {
        shard = await open(file);
        shards.set(file, shard);
      }
      const info = shard.tensors.get(name);
      if (info === undefined) {
        throw new HpdError("invalid_model", `the index of the shards says that ${name} is in ${file}, which lacks it`);
      }
      tensors.set(name, info);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    tensors,
    async read(name, into) {
      const shard = shards.get(fileOf.get(name) ?? "");
      if (shard === undefined) throw new HpdError("not_found", `none of ${[...shards.keys()]} has a tensor ${name}`);
      return shard.read(name, into);
    },
    close,
  };
}

function parseWeightMap(index: string): Map<string, string> {
  const { weight_map: weightMap } = parseJsonObject(index, "the index of the shards");
  if (!isObject(weightMap)) {
    throw new HpdError("corrupt_file", 'the index of the shards should have an object "weight_map"');
  }
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== "string" || !isPlainName(file)) {
      throw new HpdError(
        "corrupt_file",
        `the index of the shards has ${name} in ${describe(file)}, expected a file beside it`,
      );
    }
    files.set(name, file);
  }
  return files;
}

/** The name of a file in the same folder, whatever the system. */
function isPlainName(file: string): boolean {
  return /^[^/\\:\0]+$/.test(file) && file !== "." && file !== "..";
}
