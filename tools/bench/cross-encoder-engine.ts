/** hpd, the built package, with default options. Arguments: cross-encoder's folder, pairs file, `fp32` or `int8`. */
import { readFileSync, writeFileSync } from "node:fs";
import { serveCommands } from "../../bench/engines/serve.ts";

const [folder, pairsFile, dtype] = process.argv.slice(2) as [string, string, "fp32" | "int8"];
const pairs: [string, string][] = JSON.parse(readFileSync(pairsFile, "utf8"));

// By URL, so that the type check needs no build.
const built = new URL("../../dist/cross-encoder/index.js", import.meta.url).href;
const { CrossEncoder } = (await import(built)) as typeof import("../../src/cross-encoder/index.ts");
const model = await CrossEncoder.load(folder, { dtype });
await model.predict(pairs[0]!);

await serveCommands(
  {},
  {
    async round() {
      const start = performance.now();
      await model.predict(pairs);
      return { seconds: (performance.now() - start) / 1000 };
    },
    async embeddings({ path }) {
      writeFileSync(path, await model.predict(pairs));
      return {};
    },
  },
);
