/** The folder of an inference-free model as OpenSearch publishes them: the transformer of documents is in the Router's own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fixture } from "../encode/model-folder.ts";

const transformer = "document_0_Transformer";

/** The content of each file by its path. */
export function oldLayout(): Record<string, Buffer> {
  const root = fixture("../sparse-encoders/inference-free");
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const files = paths.map((path): [string, Buffer] => [
    path.replace(`${transformer}/`, ""),
    readFileSync(join(root, path)),
  ]);
  const router = readFileSync(join(root, "router_config.json"), "utf8")
    .replaceAll(`"${transformer}"`, '""')
    .replace(/"[\w.]+\.Transformer"/, '"sentence_transformers.sparse_encoder.models.MLMTransformer.MLMTransformer"');
  const { "sentence_bert_config.json": _, ...others } = Object.fromEntries(files);
  return { ...others, "router_config.json": Buffer.from(router) };
}
