/** all-MiniLM-L6-v2, narrower and of as many layers as are asked for, with random weights and the words of the tiny BERT. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { Random } from "../../src/random.ts";
import { initialTransformer } from "../../src/training/student/initial-parameters.ts";
import { fixture } from "../encode/model-folder.ts";

export async function writeMiniLm(folder: string, layers: number): Promise<void> {
  await cp(fixture("bert"), folder, { recursive: true });
  const path = join(folder, "config.json");
  const sizes = { hidden_size: 128, num_hidden_layers: layers, num_attention_heads: 4, intermediate_size: 64 };
  const config = { ...JSON.parse(await readFile(path, "utf8")), ...sizes };
  await writeFile(path, JSON.stringify(config));
  const pooling = join(folder, "1_Pooling/config.json");
  const json = JSON.parse(await readFile(pooling, "utf8"));
  await writeFile(pooling, JSON.stringify({ ...json, embedding_dimension: 128 }));
  const { parameters } = initialTransformer(config, path, new Random(1));
  await writeFile(join(folder, "model.safetensors"), encodeSafetensors(parameters.tensors));
}
