/** A model folder as the graph of its modules. */
import { readFile } from "node:fs/promises";
import { openModel } from "#hub";
import { input } from "../../src/graph/build.ts";
import type { Features } from "../../src/modules/features.ts";
import { loadModules, onlyPipeline } from "../../src/modules/load-modules.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

const inputs = {
  input_ids: input("input_ids", "int32", ["batch", "sequence"]),
  attention_mask: input("attention_mask", "float32", ["batch", "sequence"]),
  prompt_mask: input("prompt_mask", "float32", ["batch", "sequence"]),
};

/** What the modules of a folder make of the inputs of a batch. */
export async function featuresOf(path: string): Promise<Features> {
  const loaded = await loadModules(await openModel(path, {}), undefined, () => {});
  const { modules } = onlyPipeline(loaded, path, "the test");
  return modules.reduce<Features>((features, module) => module.build(features), inputs);
}

/** The fixture; where it has no Dense, then with that of the fixture `bert` at its end: 16 -> 8, Tanh. */
export async function featuresWithDense(model: string): Promise<Features> {
  const modules = JSON.parse(String(await readFile(`${fixture(model)}/modules.json`))) as { type: string }[];
  if (modules.at(-1)!.type.endsWith("Dense")) return featuresOf(fixture(model));
  const dense = { idx: modules.length, name: "2", path: "2_Dense", type: "sentence_transformers.models.Dense" };
  const [config, weights] = await Promise.all(
    ["config.json", "model.safetensors"].map((file) => readFile(`${fixture("bert")}/2_Dense/${file}`)),
  );
  await using files = await withFiles(model, {
    "modules.json": [...modules, dense],
    "2_Dense/config.json": config,
    "2_Dense/model.safetensors": weights,
  });
  // Read before the files go.
  return await featuresOf(files.path);
}
