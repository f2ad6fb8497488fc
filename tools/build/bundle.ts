/**
 * A step of `npm run build`: puts the modules of `dist/` together, as they are loaded together. Loading hundreds of
 * small files takes longer than running them. What several entries share is in `dist/chunks/`, once, so that a class is
 * the same in all; what loading a model takes is one file for each step. Declarations stay as they are, but for those that no
 * entry of package.json reaches.
 */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  // Shorter forms of the same code, 3 % of the package. Names and lines stay, for whoever reads a stack trace.
  minifySyntax: true,
  packages: "external",
  external: ["#runtime", "#hub"],
  logLevel: "warning",
} as const satisfies BuildOptions;

/** Reached from all that read models. */
const reader = "dist/tokenizer/build-tokenizer.js";

/** The program of the runtime's threads. */
const worker = "dist/runtime/node/hpd-worker.js";

/** What package.json names for browsers: the parts that a page takes for those of Node, and the entries. */
const forBrowsers = [readManifest().imports, readManifest().exports].map((targets) =>
  pathsIn(
    Object.values(targets).map((target) =>
      typeof target === "string" || target.browser === null ? undefined : (target.browser ?? target.default),
    ),
  ),
);

/** What package.json names, the commands, the programs of threads and processes, and what the benchmarks look into. */
const entries = [
  ...pathsIn(readManifest()),
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

/** What is loaded together when a model is: each group becomes one file, instead of one for each set of all entries. */
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
  for (const path of globSync("**/*.js", { cwd: temporary })) makeTraceable(join(temporary, path));
  for (const path of globSync("**/*.js", { cwd: dist })) rmSync(join(dist, path));
  for (const path of globSync("**/*.js", { cwd: temporary })) {
    const file = join(temporary, path);
    writeFileSync(file, withShortLists(readFileSync(file, "utf8")));
  }
  cpSync(temporary, dist, { recursive: true });
  const reached = reachedDeclarations();
  for (const path of globSync("dist/**/*.d.ts", { cwd: root })) if (!reached.has(path)) rmSync(join(root, path));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** Writes what a file imports and exports in one line each, instead of one for each name. */
function withShortLists(code: string): string {
  return code.replaceAll(/^(import|export) \{\n([^{}]+)\n\}/gm, (_, keyword: string, names: string) => {
    return `${keyword} { ${names.trim().replaceAll(/\n\s*/g, " ")} }`;
  });
}

/**
 * Puts what finds a package or a file in the form that those who trace the files of a program know: `@vercel/nft`, by which Vercel
 * and Nitro copy them, knows neither of the shorter forms that esbuild writes.
 */
function makeTraceable(file: string): void {
  const code = readFileSync(file, "utf8")
    .replace(
      /\(\) => (createRequire\d*\(import\.meta\.url\))(\("[^"]+"\))/g,
      "() => { let require = $1; return require$2; }",
    )
    .replace(/\(\) => (new URL\([^()]+, import\.meta\.url\))/g, "() => { return $1; }");
  writeFileSync(file, code);
}

/**
 * The modules that the steps of loading reach, in groups: each is reached by the same steps, and by the entries for browsers
 * that read no model or not. So these, and a page before it loads a model, take little more than they need. Modules that browsers
 * load too are apart from others. Those that need a file that stays in place are left out: it may need others of the group
 * before they have run.
 */
async function groupsOf(steps: readonly (readonly string[])[]): Promise<string[][]> {
  const paths = steps.map((step) => step.map((name) => `dist/${name}.js`));
  const entryPoints = [...new Set([...paths, ...forBrowsers].flat())];
  const options = { ...settings, entryPoints, outdir: dist, plugins: [stayInPlace] };
  const { inputs } = (await build({ ...options, write: false, metafile: true })).metafile;
  const importsOf = (path: string) => inputs[path]!.imports.filter(({ kind }) => kind === "import-statement");
  const reachedFrom = (from: readonly string[]): Set<string> => {
    const reached = new Set(from);
    // The set grows while it is walked.
    for (const path of reached) for (const next of importsOf(path)) if (!next.external) reached.add(next.path);
    return reached;
  };
  const needs = (path: string, prefix: string) =>
    [...reachedFrom([path])].some((each) => importsOf(each).some((next) => next.path.startsWith(prefix)));
  const ofSteps = paths.map(reachedFrom);
  const light = forBrowsers.map((files) => reachedFrom(files.filter((file) => !reachedFrom([file]).has(reader))));
  const groups = new Map<string, string[]>();
  for (const path of new Set(ofSteps.flatMap((reached) => [...reached]))) {
    if (needs(path, "#")) continue;
    const reachedBy = [...ofSteps, ...light].map((reached) => reached.has(path));
    const key = [...reachedBy, needs(path, "node:")].join();
    groups.set(key, [...(groups.get(key) ?? []), join(root, path)]);
  }
  return [...groups.values()];
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

type Targets = Readonly<Record<string, string | Readonly<Record<string, string | null>>>>;

function readManifest(): { readonly bin: object; readonly exports: Targets; readonly imports: Targets } {
  const { bin, exports, imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return { bin, exports, imports };
}

/** The programs in `dist/` that are named somewhere in a value. */
function pathsIn(value: object): string[] {
  return [...new Set(JSON.stringify(value).match(/(?<="\.\/)dist\/[^"*]+\.js(?=")/g))];
}
