/**
 * A step of `npm run build`: puts the modules of `dist/` together, as they are loaded together. Loading hundreds of
 * small files takes longer than running them. What several entries share is in `dist/chunks/`, once, so that a class is
 * the same in all; what loading a model takes is one file for each step. Declarations stay as they are, but for those that no
 * entry of package.json reaches.
 */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "../..");
const dist = join(root, "dist");

const settings = {
  absWorkingDir: root,
  outbase: "dist",
  chunkNames: "chunks/[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  external: ["#runtime", "#hub"],
  logLevel: "warning",
} as const satisfies BuildOptions;

/** The program of the runtime's threads. */
const worker = "dist/runtime/node/hpd-worker.js";

/** What package.json names, the commands, the programs of threads and processes, and what the benchmarks look into. */
const entries = [
  ...new Set(JSON.stringify(readManifest()).match(/(?<="\.\/)dist\/[^"*]+\.js(?=")/g)),
  ...globSync("dist/**/hpd-*.js", { cwd: root }),
  ...globSync("dist/cli/*.js", { cwd: root }),
  ...["formats/onnx", "tensor/embeddings", "random", "publishing/save-model"].map((path) => `dist/${path}.js`),
  ...["student/create-student", "student/student", "student/open-student", "loop/epoch-order"].map(
    (path) => `dist/training/${path}.js`,
  ),
  ...["losses/weighted-loss", "learner/create-learner"].map((path) => `dist/training/${path}.js`),
];

/** Modules that find files from where they lie: they stay there. */
const placed = globSync("dist/**/*.js", { cwd: root }).filter((path) =>
  readFileSync(join(root, path), "utf8").includes("import.meta.url"),
);

/** Imports of placed modules are by `#dist/`, from wherever they are: see `imports` of package.json. */
const stayInPlace: Plugin = {
  name: "stay in place",
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, kind }) => {
      if (kind === "entry-point") return undefined;
      const target = relative(root, join(dirname(importer), path)).replaceAll(sep, "/");
      return placed.includes(target) ? { path: `#${target}`, external: true } : undefined;
    });
  },
};

/** What is loaded together when a model is: each group becomes one file instead of one for each set of entries. */
const groups = await groupsOf([
  ["index", "hub/node"],
  ["runtime/node"],
  ["encode/load-model"],
  ["encode/read-model", "encode/open-routes"],
]);

/**
 * Makes a group one file: who imports one of its modules from outside imports all. So the same entries reach each, by
 * which esbuild divides modules into files.
 */
const keepTogether: Plugin = {
  name: "keep together",
  setup({ onResolve, onLoad }) {
    const groupOf = (path: string) => groups.findIndex((modules) => modules.includes(path));
    onResolve({ filter: /^(\.{1,2}|dist)\// }, ({ path, importer, kind }) => {
      const target = resolve(kind === "entry-point" ? root : dirname(importer), path);
      const group = groupOf(target);
      if (group < 0) return undefined;
      return { path: target, namespace: groupOf(importer) === group ? "file" : "member", sideEffects: true };
    });
    // First the module, as if it was imported itself, then all.
    onLoad({ filter: /.*/, namespace: "member" }, ({ path }) => ({
      contents: `export * from ${JSON.stringify(`file:${path}`)}; import "group:${groupOf(path)}";`,
    }));
    onLoad({ filter: /.*/, namespace: "group" }, ({ path }) => ({
      contents: groups[Number(path)]!.map((module) => `import ${JSON.stringify(`member:${module}`)};`).join("\n"),
    }));
    onResolve({ filter: /^(file|member|group):/ }, ({ path }) => {
      const [, namespace, rest] = /^(\w+):(.*)$/.exec(path)!;
      return { path: rest!, namespace: namespace!, sideEffects: true };
    });
  },
};

const temporary = mkdtempSync(join(root, ".bundle-"));
try {
  await build({
    ...settings,
    entryPoints: [...new Set([...entries, ...placed])]
      .filter((path) => path !== worker)
      .map((path) => ({ in: path, out: path.slice("dist/".length, -".js".length) })),
    outdir: temporary,
    plugins: [stayInPlace, keepTogether],
  });
  // Alone in its thread or process, it shares no class with anyone.
  await build({ ...settings, entryPoints: [worker], outdir: temporary, splitting: false });
  for (const path of globSync("**/*.js", { cwd: dist })) rmSync(join(dist, path));
  cpSync(temporary, dist, { recursive: true });
  const reached = reachedDeclarations();
  for (const path of globSync("dist/**/*.d.ts", { cwd: root })) if (!reached.has(path)) rmSync(join(root, path));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/**
 * The modules that are reached from those of each group and not of one before, those that browsers load too apart from
 * others. Without those that need a file that stays in place: it may need others of the group before they have run.
 */
async function groupsOf(names: readonly (readonly string[])[]): Promise<string[][]> {
  const entryPoints = names.flat().map((name) => `dist/${name}.js`);
  const options = { entryPoints, outdir: dist, plugins: [stayInPlace], write: false, metafile: true } as const;
  const { inputs } = (await build({ ...settings, ...options })).metafile;
  const importsOf = (path: string) => inputs[path]!.imports.filter(({ kind }) => kind === "import-statement");
  const reachedFrom = (paths: readonly string[]): Set<string> => {
    const reached = new Set(paths);
    // The set grows while it is walked.
    for (const path of reached) for (const next of importsOf(path)) if (!next.external) reached.add(next.path);
    return reached;
  };
  const needs = (path: string, prefix: string) =>
    [...reachedFrom([path])].some((each) => importsOf(each).some((next) => next.path.startsWith(prefix)));
  const taken = new Set<string>();
  return names.flatMap((group) => {
    const free = [...reachedFrom(group.map((name) => `dist/${name}.js`))].filter(
      (path) => !taken.has(path) && !needs(path, "#"),
    );
    for (const path of free) taken.add(path);
    return [false, true].map((forNode) =>
      free.filter((path) => needs(path, "node:") === forNode).map((path) => join(root, path)),
    );
  });
}

function reachedDeclarations(): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...new Set(JSON.stringify(readManifest()).match(/(?<="\.\/)dist\/[^"]+\.d\.ts(?=")/g))];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = readFileSync(join(root, path), "utf8");
    for (const [, imported] of text.matchAll(/(?:from |import\()"(\.[^"]+)\.[jt]s"/g)) {
      open.push(join(dirname(path), `${imported}.d.ts`));
    }
  }
  return reached;
}

function readManifest(): object {
  const { bin, exports, imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return { bin, exports, imports };
}
