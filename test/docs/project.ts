/**
 * A project as a reader of the documentation has it: `hpd` in `node_modules`, some files, and the models that the pages
 * name in the hub's cache. Those are tiny random ones in the place of the published ones.
 */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeTree } from "../../src/hub/hub-cache.ts";
import { main } from "../cli/hpd-process.ts";
import { fixture } from "../encode/model-folder.ts";
import { writeStsFolder } from "../evaluation/sts-folder.ts";
import { writeMiniLm } from "./mini-lm.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Project extends AsyncDisposable {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** A folder with the files that pages name, in which one of them is run. */
  makeFolder(name: string): Promise<string>;
}

/** @param layers of what is all-MiniLM-L6-v2 there: a page that names its layers needs all 6 */
export async function makeProject(layers = 2): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "hpd-docs-"));
  await writePackage(folder);
  await writeStsFolder(join(folder, "DATA"));
  await writePrograms(join(folder, "bin"));
  await writeHub(join(folder, "hub"), layers);
  const { NODE_OPTIONS, VITEST, ...environment } = process.env;
  return {
    folder,
    environment: {
      ...environment,
      PATH: `${join(folder, "bin")}:${process.env.PATH}`,
      HF_HUB_CACHE: join(folder, "hub"),
      HF_HUB_OFFLINE: "1",
      HPD_CACHE: join(folder, "cache"),
      NODE_OPTIONS: `--conditions=hpd-source --disable-warning=ExperimentalWarning --import=${new URL("one-core.mjs", import.meta.url)}`,
    },
    async makeFolder(name) {
      const page = join(folder, name);
      await cp(fileURLToPath(new URL("data", import.meta.url)), page, { recursive: true });
      const examples = join(root, "examples");
      await cp(examples, page, { recursive: true, filter: (path) => path === examples || path.endsWith(".ts") });
      for (const file of ["sentences.txt", "articles.jsonl", "questions.txt"]) {
        await writeFile(join(page, `${file}.gz`), gzipSync(await readFile(join(page, file))));
      }
      await symlink("../DATA", join(page, "DATA"));
      await symlink("../node_modules", join(page, "node_modules"));
      return page;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `hpd` as npm installs it, but from source, with the declarations of the build where it is up to date. */
async function writePackage(folder: string): Promise<void> {
  const isBuilt = process.env.HPD_TEST_DIST === "1";
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const installed = join(folder, "node_modules/hpd");
  await mkdir(installed, { recursive: true });
  for (const name of ["src", "dist", "models", "recipes"]) await symlink(join(root, name), join(installed, name));
  for (const name of [
    "hono",
    "@hono",
    "@types",
    "ai",
    "@ai-sdk",
    "@langchain",
    "@llamaindex",
    "@modelcontextprotocol",
    "express",
  ]) {
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  const sources = Object.entries<{ default: string } | { node: string } | string>(exports).map(([entry, target]) => {
    const built = typeof target === "string" ? target : "node" in target ? target.node : target.default;
    const source = built.replace(/^\.\/dist\/(.*)\.js$/, "./src/$1.ts");
    return [entry, isBuilt ? { types: built.replace(/\.js$/, ".d.ts"), default: source } : source];
  });
  const manifest = { name: "hpd", type: "module", exports: Object.fromEntries(sources) };
  await writeFile(join(installed, "package.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
}

/** `hpd` as tests run it, and no `npx` or `npm` that would need the network. */
async function writePrograms(folder: string): Promise<void> {
  await mkdir(folder);
  const node = `exec '${process.execPath}'`;
  const hpd = `${node} ${main.map((word) => `'${word}'`).join(" ")} "$@"`;
  const programs = {
    node: `${node} "$@"`,
    hpd,
    npx: `[ "$1" = hpd ] || { echo "npx $1"; exit 1; }\nshift\n${hpd}`,
    npm: `echo "npm $*"; exit 1`,
  };
  for (const [name, program] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${program}\n`);
    await chmod(join(folder, name), 0o755);
  }
}

/** The layout of huggingface_hub. */
async function writeHub(folder: string, layers: number): Promise<void> {
  const models: Record<string, string | ((to: string) => Promise<void>)> = {
    "sentence-transformers/all-MiniLM-L6-v2": (to) => writeMiniLm(to, layers),
    "BAAI/bge-small-en-v1.5": fixture("bert"),
    "minishlab/potion-base-8M": fixture("model2vec"),
    "ibm-granite/granite-embedding-30m-sparse": fixture("../sparse-encoders/roberta"),
    "cross-encoder/ms-marco-MiniLM-L6-v2": fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url)),
  };
  const commit = "0".repeat(40);
  for (const [id, model] of Object.entries(models)) {
    const repository = join(folder, `models--${id.replace("/", "--")}`);
    const snapshot = join(repository, "snapshots", commit);
    await mkdir(join(repository, "refs"), { recursive: true });
    await writeFile(join(repository, "refs/main"), commit);
    if (typeof model === "string") await cp(model, snapshot, { recursive: true });
    else await model(snapshot);
    const names = (await readdir(snapshot, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const files = names.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path: relative(snapshot, path), size: (await stat(path)).size, etag: commit };
    });
    await writeTree(repository, commit, await Promise.all(files));
  }
}
