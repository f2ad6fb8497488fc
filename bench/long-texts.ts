/**
 * What texts of some lengths take, on one thread: tokens a second in batches of some sizes, by which
 * `src/encode/batch-tokens.ts` was chosen, and time and peak memory of one text, each in a process of its own.
 * `npm run bench:long -- MODEL [--dtype int8] [--lengths 128,512,8192]`. Memory is that of the run alone, on Linux.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openModel } from "#hub";
import { createSession } from "#runtime";
import { batchInputs } from "../src/encode/batch-inputs.ts";
import { startReading } from "../src/encode/read-model.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: { type: "string", default: "fp32" },
    lengths: { type: "string", default: "128,256,512,1024,2048,4096,8192" },
    rounds: { type: "string", default: "3" },
    one: { type: "string" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("usage: npm run bench:long -- MODEL [--dtype int8] [--lengths 128,512,8192]");
const dtype = options.dtype === "int8" ? "int8" : "fp32";
const textLengths = [8, 16, 32, 64, 128, 256, 512];
const batchSizes = [64, 128, 256, 512, 1024];

/** Runs batches of texts of one length; resolves to milliseconds. */
async function open(name: string): Promise<(texts: number, length: number) => Promise<number>> {
  const source = await openModel(name, {});
  const { model, whole } = startReading(source, { dtype }, () => {});
  const { routes } = await model;
  await whole;
  const [route] = routes.values();
  const { code, inputs } = route!.compiled;
  if (!("graph" in code)) throw new Error(`${name} needs no network`);
  const session = await createSession(Promise.resolve(code.graph), { workers: 0 });
  return async (texts, length) => {
    const ids = Array.from({ length: texts }, (_, row) =>
      Int32Array.from({ length }, (_, at) => 1 + ((row * 131 + at * 977) % (route!.input.vocabularySize - 1))),
    );
    const all = batchInputs(ids, 0, 0);
    const types = { ...all.input_ids, data: new Int32Array(texts * length) };
    const given = { ...all, token_type_ids: types };
    const used = Object.fromEntries(inputs.map((name) => [name, given[name as keyof typeof given]]));
    const start = performance.now();
    await session.run(used);
    return performance.now() - start;
  };
}

const mebibytes = (key: string) =>
  Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;

if (options.one !== undefined) {
  const run = await open(folder);
  await run(1, 8);
  // Resets the peak.
  writeFileSync("/proc/self/clear_refs", "5");
  const before = mebibytes("VmRSS");
  await run(1, Number(options.one));
  const peak = mebibytes("VmHWM") - before;
  console.log(`${(await run(1, Number(options.one))).toFixed(0)} ms, ${peak.toFixed(0)} MiB`);
} else {
  const run = await open(folder);
  const best = new Map<string, number>();
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const length of textLengths) {
      for (const tokens of batchSizes.filter((size) => size >= length)) {
        const texts = Math.floor(tokens / length);
        let least = Number.POSITIVE_INFINITY;
        for (let done = 0; done < 2048; done += texts * length) least = Math.min(least, await run(texts, length));
        const key = `${length} ${tokens}`;
        best.set(key, Math.max(best.get(key) ?? 0, (texts * length * 1000) / least));
      }
    }
  }
  console.log(`tokens a second, ${dtype}; a row is a length of texts, a column the tokens of a batch`);
  console.log(["length", ...batchSizes].map((cell) => String(cell).padStart(7)).join(" "));
  for (const length of textLengths) {
    const cells = batchSizes.map((tokens) => best.get(`${length} ${tokens}`)?.toFixed(0) ?? "");
    console.log([String(length), ...cells].map((cell) => cell.padStart(7)).join(" "));
  }
  console.log("\none text: time, and peak memory above that of the loaded model");
  for (const length of options.lengths.split(",")) {
    const script = [...process.execArgv, fileURLToPath(import.meta.url), folder, "--dtype", dtype, "--one", length];
    const { stdout, stderr, status } = spawnSync(process.execPath, script, { encoding: "utf8" });
    console.log(`${length.padStart(7)} tokens: ${status === 0 ? stdout.trim() : stderr.trim().split("\n").at(-1)}`);
  }
}
