/** Fixtures that begin with a Transformer, and their modules. */
import { readdirSync } from "node:fs";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { requireTransformer } from "../../src/modules/input-module.ts";
import { loadModules, onlyPipeline } from "../../src/modules/load-modules.ts";
import type { PoolingMode } from "../../src/modules/pooling.ts";
import { fixture } from "../encode/model-folder.ts";

export const transformerFixtures = readdirSync(fixture("")).filter(
  (name) => !/^(?:static|model2vec|router|word-embeddings)/.test(name),
);

export async function loadTransformerModules(source: ModelSource, pooling?: PoolingMode) {
  const { input, modules } = onlyPipeline(await loadModules(source, pooling, () => {}), source.name, "the test");
  const { folder, module: transformer } = requireTransformer(input, source.name, "the test");
  return { modules, transformer, transformerFolder: folder };
}
