/**
 * Makes a folder for any web server: a page that searches the lines of a file by meaning, without a server of its own.
 *
 *   node build.ts TEXTS.txt OUT [MODEL]
 */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { defaultModel, SentenceTransformer } from "hpd";

const [file, out, folder = defaultModel()] = process.argv.slice(2);
if (file === undefined || out === undefined) throw new Error("usage: node build.ts TEXTS.txt OUT [MODEL]");
const texts = (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line.trim() !== "");

await mkdir(out, { recursive: true });
await cp(folder, join(out, "model"), { recursive: true });

// The texts are encoded here, once; in the page only what is typed is.
const model = await SentenceTransformer.load(folder);
const embeddings = await model.encode(texts, { normalizeEmbeddings: true });
await writeFile(join(out, "embeddings.bin"), embeddings.data);
await writeFile(join(out, "texts.json"), JSON.stringify(texts));
await model.dispose();

await build({
  entryPoints: { page: join(import.meta.dirname, "page.ts"), "model-worker": "hpd/browser-worker" },
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  outdir: out,
});
await cp(join(import.meta.dirname, "index.html"), join(out, "index.html"));
// The runtime looks for it beside the worker.
const wasm = "ort-wasm-simd-threaded.wasm";
await cp(createRequire(import.meta.url).resolve(`onnxruntime-web/${wasm}`), join(out, wasm));
