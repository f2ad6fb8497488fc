/** One small model on a hub of its own, and what tests of the cache need to look at it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { commit, etagOf, type HubServer, startHub } from "./hub-server.ts";

export const id = "org/tiny";
export const weights = Buffer.alloc(300_000, "weights ");
export const needed: Record<string, Buffer> = {
  "1_Pooling/config.json": Buffer.from('{"pooling_mode":"mean"}'),
  "config.json": Buffer.from('{"hidden_size":8}'),
  "model.safetensors": weights,
  "modules.json": Buffer.from('[{"path":""},{"path":"1_Pooling"},{"path":"head é"}]'),
  "tokenizer.json": Buffer.from("{}"),
  "vocab.txt": Buffer.alloc(0),
  "head é/config.json": Buffer.from('{"dense":true}'),
};
export const files: Record<string, Buffer> = {
  ...needed,
  "README.md": Buffer.from("# Tiny"),
  "pytorch_model.bin": weights,
  "onnx/model.onnx": weights,
};
export const neededNames = Object.keys(needed).sort();

/** Both are new for each test: a folder for `HF_HOME`, and a hub that has the model. */
export let home: string;
export let hub: HubServer;

/** Gives each test its own hub and home, and no setting of this machine. */
export function useTinyHub(): void {
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "hpd-hub-"));
    hub = await startHub({ [id]: files, "sentence-transformers/bare": files });
    for (const name of Object.keys(process.env).filter((key) => /^(HF|HUGGING|TRANSFORMERS|SENTENCE)_?/.test(key))) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv("HF_HOME", home);
    vi.stubEnv("HF_ENDPOINT", `${hub.url}/`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub.close();
    rmSync(home, { recursive: true });
  });
}

export const repository = (cache = join(home, "hub")) => join(cache, "models--org--tiny");
export const snapshot = () => join(repository(), "snapshots", commit);
export const leftovers = () =>
  existsSync(repository())
    ? readdirSync(repository(), { recursive: true }).filter((name) => /incomplete|partial|tmp/.test(String(name)))
    : [];

export async function readAll(model: ModelSource, file: string): Promise<Buffer> {
  const source = await model.open(file);
  const bytes = Buffer.from(await source.read(0, source.size));
  await source.close();
  return bytes;
}

export async function expectWhole(model: ModelSource): Promise<void> {
  expect(model.files).toEqual(neededNames);
  for (const [file, content] of Object.entries(needed)) {
    expect((await readAll(model, file)).equals(content), file).toBe(true);
  }
}

/** The layout that huggingface_hub writes when files are fetched one by one. */
export function writeAsPython(names: readonly string[], options: { dangling?: string } = {}): void {
  for (const name of names) {
    const blob = etagOf(name, files[name]!);
    const pointer = join(snapshot(), name);
    mkdirSync(dirname(pointer), { recursive: true });
    mkdirSync(join(repository(), "blobs"), { recursive: true });
    if (name !== options.dangling) {
      writeFileSync(join(repository(), "blobs", blob), files[name]!);
    }
    symlinkSync(join(name.includes("/") ? "../../../blobs" : "../../blobs", blob), pointer);
  }
  mkdirSync(join(repository(), "refs"), { recursive: true });
  writeFileSync(join(repository(), "refs", "main"), commit);
}
