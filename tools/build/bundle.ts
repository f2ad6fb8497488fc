/**
 * The last step of `npm run build`: puts the modules of `dist/` together, as they are loaded together. Loading hundreds of
 * small files takes longer than running them. What several entries share is in `dist/chunks/`, once, so that a class is
 * the same in all. Declarations stay as they are, but for those that no entry of package.json reaches.
 */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { build, type Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "../..");
const dist = join(root, "dist");

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

const temporary = mkdtempSync(join(root, ".bundle-"));
try {
  await build({
    absWorkingDir: root,
    entryPoints: [...new Set([...entries, ...placed])],
    outdir: temporary,
    outbase: "dist",
    chunkNames: "chunks/[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    external: ["#runtime", "#hub"],
    plugins: [stayInPlace],
    logLevel: "warning",
  });
  for (const path of globSync("**/*.js", { cwd: dist })) rmSync(join(dist, path));
  cpSync(temporary, dist, { recursive: true });
  const reached = reachedDeclarations();
  for (const path of globSync("dist/**/*.d.ts", { cwd: root })) if (!reached.has(path)) rmSync(join(root, path));
} finally {
  rmSync(temporary, { recursive: true, force: true });
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
