/** What `npm pack` would publish: everything that package.json points at, and nothing else. Needs a build. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const [pack] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" }),
) as [{ files: { path: string; size: number }[] }];
const files = pack.files.map(({ path }) => path);

test("holds every file that package.json names", () => {
  const named = JSON.stringify([manifest.bin, manifest.exports, manifest.imports]).match(/\.\/dist\/[^"]+/g)!;
  expect(named.length).toBeGreaterThan(4);
  expect(named.map((path) => path.slice(2)).filter((path) => !files.includes(path))).toEqual([]);
});

test("holds declarations for every module, and the worker", () => {
  const modules = files.filter((path) => path.endsWith(".js"));
  expect(modules).toContain("dist/runtime/node/hpd-worker.js");
  expect(modules.filter((path) => !files.includes(path.replace(/js$/, "d.ts")))).toEqual([]);
});

test("holds no sources, tests or data, and is small", () => {
  const expected =
    /^(dist\/.+\.(js|d\.ts)|models\/HPD-MiniLM-L3-F128\/.+|recipes\/.+\.yaml|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
  expect(files.filter((path) => !expected.test(path))).toEqual([]);
  expect(files).toContain("LICENSE");
  expect(files).toContain("recipes/hpd-tinybert.yaml");
  // Unpacked, for all entries; the core one imports nothing of the others, see below.
  expect(bytesOf(/^(?!models\/)/)).toBeLessThan(1.8e6);
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
      if (specifier.startsWith("#")) reached.add(fileOf(manifest.imports[specifier][condition], "package.json"));
    }
  }
  expect([...reached]).toContain(`dist/runtime/${condition === "browser" ? "browser" : "node"}.js`);
  expect(
    [...reached].filter((path) =>
      /^dist\/(training|evaluation|autodiff|cli|search|cluster|index|map|wasm)\//.test(path),
    ),
  ).toEqual([]);
});

function importsOf(path: string): string[] {
  const text = readFileSync(`${root}/${path}`, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier!);
}

/** @param from the file that imports it */
function fileOf(specifier: string, from: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
