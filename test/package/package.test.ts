/** What `npm pack` would publish: everything that package.json points at, and nothing else. Needs a build. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { browserEntries } from "../../rooms.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const [pack] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" }),
) as [{ files: { path: string; size: number }[] }];
const files = pack.files.map(({ path }) => path);

test("in a checkout, no npm runs the script of onnxruntime-node, which fetches what isn't used", () => {
  const { packages } = JSON.parse(readFileSync(`${root}/package-lock.json`, "utf8"));
  const entry = packages["node_modules/onnxruntime-node"];
  // Updating the package brings it back: take it out again, see docs/decisions.
  expect(entry).toMatchObject({ version: expect.any(String) });
  expect(entry).not.toHaveProperty("hasInstallScript");
});

test("holds every file that package.json names", () => {
  const named = JSON.stringify([manifest.bin, manifest.exports, manifest.imports]).match(/\.\/dist\/[^"*]+(?=")/g)!;
  expect(named.length).toBeGreaterThan(4);
  expect(named.map((path) => path.slice(2)).filter((path) => !files.includes(path))).toEqual([]);
});

test.each([
  ["importing hpd", "from |import ", 16, "var SentenceTransformer ="],
  ["loading any model", "from |import |import\\(", 45, "var WordPiece ="],
])("%s takes few files", (_, start, most, code) => {
  const opened = new Set(["dist/index.js"]);
  const read = (file: string) => readFileSync(`${root}/${file}`, "utf8");
  // The set grows while it is walked.
  for (const file of opened) {
    for (const [, path] of read(file).matchAll(new RegExp(`(?:${start})"([.#][^"]+)"`, "g"))) {
      const isNamed = path!.startsWith("#");
      opened.add(
        isNamed ? (manifest.imports[path!]?.default ?? path!.slice(1)) : posix.join(posix.dirname(file), path!),
      );
    }
  }
  expect([...opened].some((file) => read(file).includes(code))).toBe(true);
  expect(opened.size).toBeLessThan(most);
});

test("what needs Node is for Node alone, the rest for all", () => {
  // Some bundlers pass over a condition that is null: then there must be no other that they know.
  for (const [entry, found] of Object.entries<{ types?: string } | string>(manifest.exports)) {
    // A program of browsers.
    if (typeof found === "string" || entry === "./browser-worker") continue;
    const file = found.types?.replace(/^\.\/dist\/(.*)\.d\.ts$/, "$1.ts") ?? "";
    const conditions = Object.keys(found).filter((name) => name !== "types");
    // Adapters are given models and indexes; only the server of the protocol has code of Node.
    const isForAll = browserEntries.includes(file) || /^adapters\/(?!mcp)/.test(file);
    expect([entry, conditions]).toEqual([entry, isForAll ? ["default"] : ["browser", "node"]]);
    if (!isForAll) expect(found).toMatchObject({ browser: null });
  }
});

test("holds the worker, and the declarations of what may be imported, with those that they import", () => {
  expect(files).toContain("dist/runtime/node/hpd-worker.js");
  const declarations = files.filter((path) => path.endsWith(".d.ts"));
  expect(declarations).toEqual(expect.arrayContaining(["dist/index.d.ts", "dist/train.d.ts"]));
  for (const path of declarations) {
    for (const [, imported] of readFileSync(`${root}/${path}`, "utf8").matchAll(
      /(?:from |import\()"(\.[^"]+)\.[jt]s"/g,
    )) {
      expect(declarations).toContain(posix.join(posix.dirname(path), `${imported}.d.ts`));
    }
  }
  expect(declarations.filter((path) => path.startsWith("dist/cli/"))).toEqual([]);
});

describe("declarations", () => {
  test("every entry is found by the older resolution of modules, too, which knows no exports", () => {
    const exports = Object.entries(manifest.exports as Record<string, { types?: string }>);
    // A file of data or of a worker has no types.
    const types = exports
      .filter(([, { types }]) => types !== undefined)
      .map(([entry, { types }]) => (entry === "." ? [entry, types] : [entry.slice(2), [types]]));
    expect({ ".": manifest.types, ...manifest.typesVersions["*"] }).toEqual(Object.fromEntries(types));
    expect(manifest.main).toBe(manifest.exports["."].default);
  });

  test("only those of the adapters need the types of another package", () => {
    // Optional packages: where one isn't installed, declarations that are checked themselves are errors.
    const declarations = files.filter((path) => path.endsWith(".d.ts") && !path.startsWith("dist/adapters/"));
    const found = declarations.filter((path) =>
      /(?:from |import\()"[^."]/.test(readFileSync(`${root}/${path}`, "utf8")),
    );
    expect(found).toEqual([]);
  });

  test("nothing in them is newer than TypeScript 5.2", () => {
    // Typed arrays have a type parameter since 5.7, and "#hub" is looked up by newer resolutions alone.
    const newer = /\b(?:(?:Ui|I)nt\w+|Float\w+|BigU?[Ii]nt64)Array<|\b(?:Buffer|DataView)<|["']#/;
    const declarations = files.filter((path) => path.endsWith(".d.ts"));
    const found = declarations.filter((path) => newer.test(readFileSync(`${root}/${path}`, "utf8")));
    expect(found).toEqual([]);
  });

  test.each(["nodenext", "bundler"])("they compile, themselves checked, by the resolution %s", async (resolution) => {
    const folder = await mkdtemp(join(tmpdir(), "hpd-types-"));
    try {
      for (const path of files.filter((path) => path.endsWith(".d.ts") || path === "package.json")) {
        await cp(join(root, path), join(folder, "node_modules/hpd", path));
      }
      await cp(join(root, "test/package/uses-every-entry.ts"), join(folder, "use.ts"));
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      const options = {
        ...{ noEmit: true, strict: true, skipLibCheck: false, target: "es2022", types: ["node"] },
        ...{ module: resolution === "bundler" ? "esnext" : resolution, moduleResolution: resolution },
        typeRoots: [join(root, "node_modules/@types")],
      };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["use.ts"] }));
      const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), { cwd: folder, encoding: "utf8" });
      expect(stdout).toBe("");
      expect(status).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test("examples run on every Node that engines admits, and name paths that are there", () => {
  const texts = files.filter((path) => path.endsWith(".md")).map((path) => readFileSync(`${root}/${path}`, "utf8"));
  const blocks = texts.flatMap((text) => [...text.matchAll(/^```(?:ts|js)\n(.*?)^```/gms)].map(([, code]) => code!));
  expect(blocks.length).toBeGreaterThan(8);
  // A syntax error in Node 20 and 22.
  expect(blocks.filter((code) => /^\s*(?:await )?using /m.test(code))).toEqual([]);
  const paths = texts.flatMap((text) => text.match(/node_modules\/hpd\/[\w./-]*\w/g) ?? []);
  expect(paths).toContain("node_modules/hpd/recipes/hpd-tinybert.yaml");
  const isThere = (path: string) => files.some((file) => `${file}/`.startsWith(`${path}/`));
  expect(paths.filter((path) => !isThere(path.slice("node_modules/hpd/".length)))).toEqual([]);
});

test("the links of its pages lead to what it holds", () => {
  const links = files
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) => {
      const text = readFileSync(`${root}/${path}`, "utf8").replace(/^```.*?^```/gms, "");
      return [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)].map(([, link, attribute]) => ({
        path,
        link: (link ?? attribute)!,
      }));
    })
    .filter(({ link }) => !/^(?:[a-z]+:|#)/.test(link));
  expect(links.length).toBeGreaterThan(50);
  const isThere = ({ path, link }: { path: string; link: string }) => {
    const target = posix.join(posix.dirname(path), link.replace(/#.*/, "")).replace(/\/$/, "");
    return files.some((file) => `${file}/`.startsWith(`${target}/`));
  };
  expect(links.filter((link) => !isThere(link))).toEqual([]);
});

test("holds no sources, tests or data, and is small", () => {
  const expected =
    /^(dist\/.+\.(js|d\.ts)|docs\/((guide|benchmarks)\/)?[\w-]+\.md|docs\/benchmarks\/[\w-]+\.svg|examples\/([\w-]+\/)?[\w-]+\.(ts|md|html|yaml|sbatch)|models\/HPD-MiniLM-L3-F256\/.+|recipes\/.+\.yaml|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
  expect(files.filter((path) => !expected.test(path))).toEqual([]);
  expect(files).toContain("LICENSE");
  expect(files).toContain("recipes/hpd-tinybert.yaml");
  // Unpacked, for all entries, of which a trainer, a miner and a server are some; the core one imports nothing of the
  // others, see below.
  expect(bytesOf(/^(?!models\/)/)).toBeLessThan(3e6);
  // The default model.
  expect(bytesOf(/^models\//)).toBeLessThan(36e6);
});

function bytesOf(paths: RegExp): number {
  return pack.files.reduce((sum, { path, size }) => sum + (paths.test(path) ? size : 0), 0);
}

test("every import inside it resolves to a file inside it or to a dependency", () => {
  // A model card shows how its reader imports this package.
  const dependencies = Object.keys({
    [manifest.name]: "",
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  });
  const unresolved = files
    .filter((path) => path.endsWith(".js"))
    .flatMap((path) =>
      importsOf(path).filter((specifier) => {
        if (specifier.startsWith(".")) return !files.includes(fileOf(specifier, path));
        if (specifier.startsWith("#dist/")) return !files.includes(specifier.slice(1));
        if (specifier.startsWith("#")) return !(specifier in manifest.imports);
        return !specifier.startsWith("node:") && !dependencies.some((name) => `${specifier}/`.startsWith(`${name}/`));
      }),
    );
  expect(unresolved).toEqual([]);
});

test.each(["default", "browser"])("the core entry reaches nothing of the others, by the %s condition", (condition) => {
  const reached = new Set(["dist/index.js"]);
  for (const path of reached) {
    for (const specifier of importsOf(path)) {
      if (specifier.startsWith(".")) reached.add(fileOf(specifier, path));
      if (specifier.startsWith("#dist/")) reached.add(specifier.slice(1));
      else if (specifier.startsWith("#")) reached.add(fileOf(manifest.imports[specifier][condition], "package.json"));
    }
  }
  expect([...reached]).toContain(`dist/runtime/${condition === "browser" ? "browser" : "node"}.js`);
  // The build leaves the name of each module above its code.
  const modules = [...reached].flatMap((path) =>
    readFileSync(`${root}/${path}`, "utf8").match(/(?<=^\/\/ )dist\/.*/gm),
  );
  expect(modules).toContain("dist/encode/load-model.js");
  expect(
    modules.filter((path) =>
      /^dist\/(training|evaluation|autodiff|cli|cross-encoder|search|cluster|passage-index|map|mining|server|wasm)\//.test(
        path!,
      ),
    ),
  ).toEqual([]);
});

test("importing the core entry loads few files, and none that read models", () => {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import(${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)});
    console.log(JSON.stringify(loaded.filter((url) => url.startsWith("file:"))));`;
  const args = ["--input-type=module", "--eval", program];
  const loaded: string[] = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
  expect(loaded.length).toBeLessThan(40);
  const modules = loaded.flatMap((url) => readFileSync(new URL(url), "utf8").match(/(?<=^\/\/ )dist\/.*/gm) ?? []);
  expect(modules).toContain("dist/encode/sentence-transformer.js");
  expect(modules.filter((path) => /^dist\/(graph|modules|tokenizer)\/.*(build|load|read)/.test(path))).toEqual([]);
});

function importsOf(path: string): string[] {
  const text = readFileSync(`${root}/${path}`, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"\s]+)"/g)].map(([, specifier]) => specifier!);
}

/** @param from the file that imports it */
function fileOf(specifier: string, from: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
