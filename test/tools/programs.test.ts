/**
 * The programs that no test runs, of `tools/`, `bench/` and package.json: what they import is there, names too, and so are the
 * files and scripts that they and their pages name.
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { rooms } from "../../tools/mutate/rooms.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const paths = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => existsSync(join(root, path)));
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

/** All that name others as they are now: decisions tell of what was, and tests make files up. */
const texts = paths.filter(
  (path) => /\.(ts|py|sh|md|ya?ml)$|^package\.json$/.test(path) && !/^(docs\/decisions|test)\/|^CHANGELOG/.test(path),
);

test("every import of a file, and of a name from one, is there", async () => {
  const entryPoints = paths.filter((path) => /^(tools|bench)\/.*\.ts$/.test(path));
  expect(entryPoints.length).toBeGreaterThan(80);
  const { errors } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: "not-written",
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    conditions: ["hpd-source"],
    logLevel: "silent",
  }).catch((error: { errors: { text: string; location: { file: string } }[] }) => error);
  expect(errors.map(({ text, location }) => `${location?.file}: ${text}`)).toEqual([]);
});

test("every built module that is loaded by its URL is there", () => {
  const named = paths
    .filter((path) => /^(tools|bench)\/.*\.ts$/.test(path) && !path.startsWith("tools/build/"))
    .flatMap((path) =>
      [...textOf(path).matchAll(/built(?:<\w+>)?\(\s*"([\w/-]+\.js)"|"(?:\.\.\/)*dist\/([\w/-]+\.js)"/g)].map(
        ([, module, file]) => ({ path, module: module ?? file! }),
      ),
    );
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter(({ module }) => !existsSync(join(root, "dist", module)))).toEqual([]);
});

test("every program and source that is named is there", () => {
  const named = texts.flatMap((path) =>
    [...textOf(path).matchAll(/(?<![\w./@$}-])(?:bench|tools|src|test|examples)\/[a-z0-9./_-]+\.(?:ts|py|sh)\b/g)].map(
      ([name]) => ({ path, name }),
    ),
  );
  expect(named.length).toBeGreaterThan(150);
  expect(named.filter(({ name }) => !existsSync(join(root, name)))).toEqual([]);
});

test("every script that is named is in its package.json", () => {
  const named = texts.flatMap((path) =>
    [...textOf(path).matchAll(/npm run (?:(?:-s|--silent) )?(?:--prefix (\S+) )?([a-z]+(?::[a-z]+)?)/g)].map(
      ([, prefix = "", script]) => ({ path, prefix, script: script! }),
    ),
  );
  expect(named.length).toBeGreaterThan(30);
  const isThere = (folder: string, script: string): boolean => {
    const file = join(root, folder, "package.json");
    return existsSync(file) && script in (JSON.parse(readFileSync(file, "utf8")).scripts ?? {});
  };
  const missing = named.filter(
    // Without a prefix they are of the folder of their page, or of the repository.
    ({ path, prefix, script }) => !isThere(prefix, script) && !(prefix === "" && isThere(join(path, ".."), script)),
  );
  expect(missing).toEqual([]);
});

test("every script of gold values has its line in their README", () => {
  const readme = textOf("tools/gold/README.md");
  const scripts = paths.filter((path) => /^tools\/gold\/.*\.py$/.test(path)).map((path) => basename(path));
  expect(scripts.length).toBeGreaterThan(40);
  expect(scripts.filter((script) => !readme.includes(`\`${script}`))).toEqual([]);
});

test.each(Object.entries(rooms))("the sources and tests of the mutated room %s are there", (_, { sources, tests }) => {
  expect([...sources, ...tests].filter((pattern) => globSync(pattern, { cwd: root }).length === 0)).toEqual([]);
});
