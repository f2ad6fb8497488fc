/** What engines need beside the model: made once, kept in a folder of the cache, and made again when the model changes. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // biome-ignore format: one line
import { basename, dirname, join, resolve } from "node:path";
import type { Python } from "./engines.ts";

/** The models' own positions; what they are cut at otherwise would make texts of 512 tokens short ones. */
export const maxTokens = 512;

/** Reads up to `maxTokens` tokens of a text; else the model's own files, by links. */
export function modelWithLongTexts(model: string, cache: string): string {
  const copy = join(cache, keyed("model", model), basename(resolve(model)));
  if (existsSync(copy)) return copy;
  const partial = `${copy}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const name of readdirSync(model)) symlinkSync(resolve(model, name), join(partial, name));
  const settings = join(partial, "sentence_bert_config.json");
  const own = existsSync(settings) ? JSON.parse(readFileSync(settings, "utf8")) : {};
  rmSync(settings, { force: true });
  writeFileSync(settings, JSON.stringify({ ...own, max_seq_length: maxTokens }, null, 2));
  renameSync(partial, copy);
  return copy;
}

/** The folder that `tools/bench/export.py` writes of a model; undefined if it fails, as without its packages. */
export function exportModel(
  { root, model, cache }: { root: string; model: string; cache: string },
  { command: python, versions }: Python,
  calibration: readonly string[],
): string | undefined {
  const script = join(root, "tools/bench/export.py");
  const madeOf = [readFileSync(script, "utf8"), JSON.stringify(calibration), JSON.stringify(versions)];
  const folder = join(cache, keyed("exported", model, ...madeOf));
  if (existsSync(folder)) return folder;
  console.error("exporting the model for the other libraries, once; their quantization takes a minute or two");
  mkdirSync(cache, { recursive: true });
  const texts = `${folder}.json`;
  writeFileSync(texts, JSON.stringify(calibration));
  try {
    execFileSync(python, ["-W", "ignore", script, model, folder, texts], { stdio: ["ignore", "ignore", "pipe"] });
    return folder;
  } catch (error) {
    console.error(String((error as { stderr?: Buffer }).stderr ?? error));
    return undefined;
  }
}

/** The folder that `hpd quantize` writes of a model; undefined if it fails, as for a model that it doesn't know. */
export function quantizeModel({
  root,
  model,
  cache,
}: {
  root: string;
  model: string;
  cache: string;
}): string | undefined {
  const folder = join(cache, keyed("quantized", model, codeOf(join(root, "dist"))), basename(model));
  if (existsSync(folder)) return folder;
  console.error("quantizing the model, once");
  mkdirSync(dirname(folder), { recursive: true });
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  try {
    execFileSync(process.execPath, [join(root, "dist/cli/main.js"), "quantize", model, "--out", partial], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch {
    return undefined;
  }
  renameSync(partial, folder);
  return folder;
}

/** A name for what is made of a model's files and whatever else decides about it. */
function keyed(name: string, model: string, ...rest: readonly string[]): string {
  const files = readdirSync(model, { recursive: true, encoding: "utf8" }).sort();
  const states = files.map((path) => {
    const { size, mtimeMs } = statSync(join(model, path));
    return `${path} ${size} ${mtimeMs}`;
  });
  const hash = createHash("sha256").update([resolve(model), ...states, ...rest].join("\n"));
  return `${name}-${hash.digest("hex").slice(0, 12)}`;
}

/** The text of what quantizes: a model quantized by other code is another one. */
function codeOf(dist: string): string {
  const files = readdirSync(join(dist, "quantization"), { recursive: true, encoding: "utf8" }).sort();
  return files
    .filter((path) => path.endsWith(".js"))
    .map((path) => readFileSync(join(dist, "quantization", path), "utf8"))
    .join("\n");
}
