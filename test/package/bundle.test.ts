/**
 * Bundles for Node as esbuild makes them by its defaults, run where this package is installed and where it is not; and
 * what those for browsers load at once.
 * Needs a build.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../encode/model-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
let project: string;

/** A program of its user's, with the package installed. A file of theirs is called as one of ours might be. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "hpd-bundle-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(root, join(project, "node_modules/hpd"));
  writeFileSync(join(project, "package.json"), "{}");
  const program = `
    import { SentenceTransformer } from "hpd";
    async function main() {
      const model = await SentenceTransformer.load(process.argv[2], JSON.parse(process.argv[3] ?? "{}"));
      console.log((await model.encode(["a cat", "a dog", "x"])).count);
      await model.dispose();
    }
    main().catch(({ code, message }) => console.log(code, message));`;
  writeFileSync(join(project, "app.mjs"), program);
  const others = `
    import { SentenceTransformer } from "hpd";
    import { chunkText, PassageIndex } from "hpd/passage-index";
    import { createServer } from "hpd/server";
    import { train } from "hpd/train";
    async function main() {
      const model = await SentenceTransformer.load(process.argv[2], { workers: 0 });
      const [{ metadata }] = await chunkText("---\\ntitle: Fruit\\n---\\n\\nPears.\\n", { model, format: "markdown" });
      const info = await createServer([{ name: "model", model }]).fetch(new Request("http://localhost/info"));
      const { code } = await PassageIndex.open("postgres://me@127.0.0.1:1/notes").catch((error) => error);
      console.log(typeof train, metadata.title, (await info.json()).version, code);
    }
    main();`;
  writeFileSync(join(project, "others.mjs"), others);
});
afterAll(() => rmSync(project, { recursive: true }));

const suffixes = { esm: ".mjs", cjs: ".cjs" } as const;

/** @param entries as `name=module`, or a file */
function bundle(format: "esm" | "cjs", folder: string, ...entries: string[]): string {
  const out = join(project, folder);
  const flags = ["--bundle", "--platform=node", `--format=${format}`, `--out-extension:.js=${suffixes[format]}`];
  const script = join(root, "node_modules/esbuild/bin/esbuild");
  const args = [script, ...entries, ...flags, `--outdir=${out}`, "--log-level=error"];
  expect(execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" })).toBe("");
  writeFileSync(join(out, `worker${suffixes[format]}`), "throw new Error('not hpd');");
  return join(out, `app${suffixes[format]}`);
}

function run(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const encoded = { status: 0, stdout: "3\n", stderr: "" };

describe.each(["esm", "cjs"] as const)("a bundle in the format %s", (format) => {
  test("finds the default model, the worker's program and the native library where hpd is installed", () => {
    expect(run(bundle(format, `${format}-there`, "app.mjs"))).toEqual(encoded);
  });

  test("of other entries finds packages of CommonJS there, and its version everywhere", () => {
    bundle(format, `${format}-others`, "app=others.mjs");
    const { status, stdout, stderr } = run(
      join(project, `${format}-others`, `app${suffixes[format]}`),
      fixture("bert"),
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `function Fruit ${version} network\n`,
      stderr: "",
    });
  });

  test("somewhere else takes a model by its folder, and its worker beside it, or none", () => {
    const model = fixture("hpd-tinybert-like");
    const elsewhere = mkdtempSync(join(tmpdir(), "hpd-elsewhere-"));
    try {
      mkdirSync(join(elsewhere, "node_modules"));
      for (const name of ["onnxruntime-node", "onnxruntime-common"]) {
        symlinkSync(join(root, "node_modules", name), join(elsewhere, "node_modules", name));
      }
      const program = join(elsewhere, "app", `app${suffixes[format]}`);
      bundle(format, `${format}-app`, "app=app.mjs");
      cpSync(join(project, `${format}-app`), join(elsewhere, "app"), { recursive: true });
      expect(run(program)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^not_found models\/HPD-MiniLM/) });
      expect(run(program, model)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^not_found dist\/runtime\/node\/hpd-worker\.js .* keep hpd out of the bundle/),
      });
      expect(run(program, model, '{"workers":0}')).toEqual(encoded);
      bundle(format, `${format}-app`, "app=app.mjs", "hpd-worker=hpd/worker");
      cpSync(join(project, `${format}-app`), join(elsewhere, "app"), { recursive: true });
      expect(run(program, model)).toEqual(encoded);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

test("webpack has nothing to look up while it bundles: what it knows is an imported createRequire", () => {
  const code = readFileSync(join(root, "dist/files/package-file.js"), "utf8");
  expect(code).toContain(".createRequire(");
  expect(code).not.toMatch(/import \{[^}]*createRequire/);
});

test("those who trace the files of a program find the runtime, the worker's program and the model", () => {
  const codes = ["runtime/node/load-runtime", "runtime/node/worker-file", "hub/node"].map((path) =>
    readFileSync(join(root, `dist/${path}.js`), "utf8"),
  );
  // @vercel/nft knows them in these forms alone.
  expect(codes).toEqual([
    expect.stringContaining('{ let require = createRequire(import.meta.url); return require("onnxruntime-node"); }'),
    expect.stringContaining('{ return new URL("./hpd-worker.js", import.meta.url); }'),
    expect.stringMatching(/\{ return new URL\(`\.\.\/\.\.\/models\/\$\{defaultModelName\}`, import\.meta\.url\); \}/),
  ]);
});

describe("a bundle for browsers", () => {
  const program = (entry: string) => `import * as all from "${entry}"; globalThis.all = all;`;

  interface Output {
    readonly bytes: number;
    readonly imports: readonly { path: string; kind: string; external?: boolean }[];
  }

  /** The files of a page that imports an entry. */
  function outputsOf(entry: string): Readonly<Record<string, Output>> {
    writeFileSync(join(project, "page.mjs"), program(entry));
    const flags = ["--bundle", "--platform=browser", "--format=esm", "--splitting", "--external:onnxruntime-web/wasm"];
    const script = join(root, "node_modules/esbuild/bin/esbuild");
    const args = [script, "page.mjs", ...flags, "--outdir=web", "--metafile=meta.json", "--log-level=error"];
    expect(execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" })).toBe("");
    return JSON.parse(readFileSync(join(project, "meta.json"), "utf8")).outputs;
  }

  test.each(["hpd", "hpd/cross-encoder", "hpd/sparse-encoder", "hpd/search", "hpd/cluster", "hpd/browser-worker"])(
    "of %s",
    (entry) => {
      const external = Object.values(outputsOf(entry)).flatMap(({ imports }) =>
        imports.filter((each) => each.external),
      );
      // The runtime is taken when a network needs it: a static model comes without.
      expect(external.every(({ path, kind }) => path === "onnxruntime-web/wasm" && kind === "dynamic-import")).toBe(
        true,
      );
      expect(external).not.toEqual([]);
    },
  );

  test.each([
    ["hpd", 100_000],
    ["hpd/browser", 30_000],
    ["hpd/search", 160_000],
    ["hpd/cluster", 180_000],
  ])("of %s: what reads models comes with the first one", (entry, most) => {
    const outputs = outputsOf(entry);
    const atOnce = new Set(["web/page.js"]);
    // The set grows while it is walked.
    for (const file of atOnce) {
      const { imports } = outputs[file]!;
      for (const { path, kind } of imports) if (kind === "import-statement" && path in outputs) atOnce.add(path);
    }
    expect([...atOnce].reduce((sum, file) => sum + outputs[file]!.bytes, 0)).toBeLessThan(most);
  });

  test.each(["map", "passage-index", "evaluation", "train", "server", "jobs", "worker"])(
    "of hpd/%s: refused by name",
    (entry) => {
      writeFileSync(join(project, "page.mjs"), program(`hpd/${entry}`));
      const script = join(root, "node_modules/esbuild/bin/esbuild");
      const args = [script, "page.mjs", "--bundle", "--platform=browser", "--format=esm", "--outdir=web"];
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
      expect(status).toBe(1);
      expect(stderr).toContain(`The path "./${entry}" cannot be imported from package "hpd"`);
    },
  );
});
