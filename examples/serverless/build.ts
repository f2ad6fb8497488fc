/**
 * Makes a folder that runs without an installation: the handler and hpd in one module, ONNX Runtime's library for one
 * platform, and a model.
 *
 *   node build.ts OUT [MODEL [x64 | arm64]]
 */
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { defaultModel } from "hpd";

const [out, model = defaultModel(), arch = process.arch] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: node build.ts OUT [MODEL [x64 | arm64]]");

await build({
  entryPoints: [join(import.meta.dirname, "handler.ts")],
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  minify: true,
  outfile: join(out, "index.mjs"),
});
await cp(model, join(out, "model"), { recursive: true });

// Of ONNX Runtime what Node loads: a package has the libraries of all platforms, and may have those of GPUs.
const packages = {
  "onnxruntime-node": ["package.json", "dist", `bin/napi-v6/linux/${arch}`],
  "onnxruntime-common": ["package.json", "dist/cjs"],
};
const filter = (path: string) => !/\.map$|\.d\.ts$|providers_(cuda|tensorrt)/.test(path);
let from = fileURLToPath(import.meta.resolve("hpd"));
for (const [name, parts] of Object.entries(packages)) {
  from = createRequire(from).resolve(name);
  const folder = from.slice(0, from.lastIndexOf(name) + name.length);
  for (const part of parts) {
    await cp(join(folder, part), join(out, "node_modules", name, part), { recursive: true, filter });
  }
}
