/** hpd, the built package, with default options but `dtype`; `folder` means that the model's folder decides. */
import { readFileSync } from "node:fs";
import { type EncoderSettings, serveEncoder } from "./serve-encoder.ts";

const { model: folder, dtype, text } = JSON.parse(process.argv[2]!) as EncoderSettings;

const start = performance.now();
// By URL, so that the type check needs no build.
const built = new URL("../../dist/index.js", import.meta.url).href;
const { SentenceTransformer } = (await import(built)) as typeof import("../../src/index.ts");
const model = await SentenceTransformer.load(folder, dtype === "folder" ? {} : { dtype: dtype as "fp32" | "int8" });
await model.encode(text);
const firstVectorMs = performance.now() - start;

const versionOf = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
await serveEncoder(firstVectorMs, {
  versions: {
    hpd: versionOf("../../package.json"),
    "onnxruntime-node": versionOf("../../node_modules/onnxruntime-node/package.json"),
  },
  encode: async (texts) => (await model.encode([...texts])).data,
  encodeOne: (text) => model.encode(text),
});
