/**
 * The weights of one module folder, in any format. Of several, the first in the order of the Python library:
 * safetensors before PyTorch's pickle, one file before shards.
 */
import { HpdError } from "../errors.ts";
import type { ByteSource } from "../formats/byte-source.ts";
import { openSafetensors } from "../formats/safetensors.ts";
import { openSharded } from "../formats/sharded.ts";
import type { TensorFile } from "../formats/tensor-file.ts";
import { openTorchCheckpoint } from "../formats/torch-checkpoint.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { readText } from "../hub/read-file.ts";
import { int8WeightsName } from "./quantized-weights.ts";
import { pathIn } from "./read-json.ts";

export interface Checkpoint extends TensorFile {
  /** The file, for messages. */
  readonly file: string;
}

const formats: { file: string; open: (bytes: ByteSource) => Promise<TensorFile> }[] = [
  { file: "model.safetensors", open: openSafetensors },
  { file: "pytorch_model.bin", open: openTorchCheckpoint },
  // Not under the name that Python knows: it would take the integers for the weights.
  { file: int8WeightsName, open: openSafetensors },
];

/**
 * Opens the weights of a module.
 *
 * @param folder of the module inside the model: `""` or `2_Dense`
 * @throws HpdError `not_found` with the names that were tried
 */
export async function openCheckpoint(source: ModelSource, folder: string): Promise<Checkpoint> {
  const open = async (file: string, format: (bytes: ByteSource) => Promise<TensorFile>): Promise<TensorFile> => {
    const bytes = await source.open(pathIn(folder, file));
    try {
      return await format(bytes);
    } catch (error) {
      await bytes.close();
      throw error;
    }
  };
  for (const format of formats) {
    const file = pathIn(folder, format.file);
    if (source.files.includes(file)) {
      return { file, ...(await open(format.file, format.open)) };
    }
    const index = `${file}.index.json`;
    if (source.files.includes(index)) {
      const shards = await openSharded(await readText(source, index), (shard) => open(shard, format.open));
      return { file: index, ...shards };
    }
  }
  throw new HpdError(
    "not_found",
    `${source.name} has no weights in ${folder === "" ? "its root" : folder}: looked for ` +
      `${formats.map(({ file }) => `${file}, ${file}.index.json`).join(", ")}`,
  );
}
