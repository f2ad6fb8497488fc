/** Model folders whose configs and tokenizers are damaged: loaded up to the compiled graph, and given texts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileRoute } from "../../../src/encode/compile-route.ts";
import { type LoadedTokenizer, loadTokenizer } from "../../../src/encode/load-tokenizer.ts";
import { listedSource } from "../../../src/hub/listed-source.ts";
import { memorySource } from "../../../src/hub/memory-byte-source.ts";
import type { ModelSource } from "../../../src/hub/model-source.ts";
import { loadModules } from "../../../src/modules/load-modules.ts";
import { withWeightsOpen } from "../../../src/modules/weights-open.ts";
import { mutateBytes, mutateJson, mutateText, pick } from "../mutate.ts";
import type { Target } from "../target.ts";

const root = fileURLToPath(new URL("../../../test/fixtures/models", import.meta.url));

interface Model {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Those that are damaged: all but the weights. */
  readonly texts: readonly string[];
}

const models: Model[] = readdirSync(root).map((name) => {
  const paths = readdirSync(join(root, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + name.length + 2));
  const files = new Map(paths.map((path) => [path, new Uint8Array(readFileSync(join(root, name, path)))]));
  return { name, files, texts: paths.filter((path) => /\.(json|txt)$/.test(path)) };
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const modelFolders: Target = {
  name: "models",
  input(random) {
    const model = pick(random, models);
    const files = new Map(model.files);
    const changed = new Map<string, string>();
    for (let changes = 1 + random.nextInteger(2); changes > 0; changes--) {
      const path = pick(random, model.texts);
      const bytes = files.get(path)!;
      const text = decoder.decode(bytes);
      const way = random.nextInteger(10);
      const isJson = path.endsWith(".json") && !changed.has(path);
      if (way === 0) files.delete(path);
      else if (way === 1) files.set(path, mutateBytes(random, bytes));
      else if (way < 8 && isJson) files.set(path, encoder.encode(mutateJson(random, JSON.parse(text))));
      else files.set(path, encoder.encode(mutateText(random, text)));
      changed.set(path, way === 0 ? "removed" : decoder.decode(files.get(path)));
      if (way === 0) break;
    }
    return {
      shown: `${model.name} with ${JSON.stringify([...changed])}`,
      read: () => load(sourceOf(model.name, files)),
    };
  },
};

function sourceOf(name: string, files: ReadonlyMap<string, Uint8Array>): ModelSource {
  return listedSource(name, [...files.keys()].sort(), async (file) => memorySource(file, files.get(file)!));
}

/** As `SentenceTransformer.load` does, but for the session. */
function load(source: ModelSource): Promise<void> {
  return withWeightsOpen(source, loadOpen);
}

async function loadOpen(source: ModelSource): Promise<void> {
  const { pipelines } = await loadModules(source, undefined, () => {});
  for (const pipeline of pipelines.values()) {
    await compileRoute(pipeline, "sentence_embedding", "fp32", source.name);
    checkTexts(await loadTokenizer(source, pipeline.input));
  }
}

function checkTexts({ tokenizer, limits }: LoadedTokenizer): void {
  for (const text of ["", "He plays guitar.", "\ud800 é 日本 ".repeat(50), "x".repeat(3_000)]) {
    const ids = tokenizer.encode(text, limits.sentence);
    const isSound = ids.every((id) => id >= 0 && id < tokenizer.vocabularySize) && ids.length <= limits.sentence;
    if (!isSound) throw new Error(`ids of ${text.slice(0, 20)}: ${ids.subarray(0, 20)}`);
  }
}
