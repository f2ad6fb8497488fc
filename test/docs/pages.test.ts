/**
 * Every code block of README and docs: TypeScript is checked against the sources, and each page is run in a project of
 * its own, from its first block to its last: see `markdown.ts` for what a block may be.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Block, blocksOf, isCommands, programOf } from "./markdown.ts";
import "./one-core.mjs";
import { makeProject, root } from "./project.ts";
import { runPage, type Script } from "./run-page.ts";

const paths = [
  "README.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !path.startsWith("decisions"))
    .map((path) => `docs/${path}`)
    .sort(),
];
const pages = paths.map((path) => {
  const text = readFileSync(join(root, path), "utf8");
  return { path, name: path.replaceAll(/\.md$|[^\w]+/g, "-"), text, blocks: blocksOf(text) };
});
const project = await makeProject();
const deep = await makeProject(6);
afterAll(() => Promise.all([project, deep].map((each) => each[Symbol.asyncDispose]())));

const run = promisify(execFile);
const globals = `
declare function commands(line: number): Promise<void>;
declare function printed(line: number, expected: string, ...values: unknown[]): void;
declare function ended(): Promise<void>;
`;

const isRun = (block: Block): boolean => block.notRun === undefined;

test("TypeScript of all pages and examples is correct", async () => {
  const folder = join(project.folder, "types");
  await run("mkdir", [folder]);
  await writeFile(join(folder, "globals.d.ts"), globals);
  for (const { name, text, blocks } of pages) {
    await writeFile(
      join(folder, `${name}.ts`),
      programOf(text, () => true),
    );
    for (const { file, code } of blocks)
      if (file?.endsWith(".ts")) await writeFile(join(folder, `${name}-${file}`), code);
  }
  const examples = fileURLToPath(new URL("../../examples", import.meta.url));
  await run("bash", ["-c", `cp '${examples}'/*.ts .`], { cwd: folder });
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: "es2023", module: "nodenext", skipLibCheck: true, types: ["node"] },
    // As `tsc --init` has it.
    ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, verbatimModuleSyntax: true },
    ...{ customConditions: ["hpd-source"], allowImportingTsExtensions: true, erasableSyntaxOnly: true },
    lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.AsyncIterable", "DOM.Iterable"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const { stdout } = await run(join(root, "node_modules/.bin/tsc"), { cwd: folder }).catch((error) => error);
  // The sources themselves are checked elsewhere, by stricter options.
  expect(stdout.split("\n").filter((line: string) => /^[\w.-]+\.ts/.test(line))).toEqual([]);
}, 120_000);

describe("the page runs:", () => {
  const withPrograms = pages.filter(({ blocks }) => blocks.some((block) => isRun(block) && mustRun(block)));
  test.each(withPrograms)(
    "$path",
    async ({ name, text, blocks }) => {
      const { environment, makeFolder } = text.includes("--layers") ? deep : project;
      const folder = await makeFolder(name);
      const port = await freePort();
      const own = (code: string): string => code.replaceAll(/(localhost|127\.0\.0\.1):8080/g, `$1:${port}`);
      const scripts: Record<number, Script> = {};
      for (const block of blocks) {
        if (block.file !== undefined) await writeFile(join(folder, block.file), own(block.code));
        else if (isCommands(block)) scripts[block.line] = scriptOf(block, own);
      }
      await writeFile(join(folder, "page.ts"), own(programOf(text, isRun)));
      Object.assign(process.env, environment, { PORT: String(port), HPD_DATA: join(folder, "DATA") });
      await runPage(folder, scripts, port);
    },
    600_000,
  );
});

test("data is well-formed", () => {
  for (const { path, blocks } of pages) {
    for (const { language, code, line } of blocks) {
      const what = `${path}:${line}`;
      if (language === "json") expect(() => JSON.parse(code), what).not.toThrow();
      if (language === "jsonl") expect(() => code.split("\n").map((each) => JSON.parse(each)), what).not.toThrow();
      if (language === "yaml") expect(() => parse(code), what).not.toThrow();
    }
  }
});

test("every block is of a kind that is known, and few are not run", () => {
  const all = pages.flatMap(({ path, blocks }) => blocks.map((block) => ({ path, ...block })));
  const known = ["ts", "sh", "console", "json", "jsonl", "yaml", "text"];
  expect(all.filter((block) => isRun(block) && !known.includes(block.language))).toEqual([]);
  const notRun = all.filter((block) => !isRun(block));
  console.log(`${all.length} blocks, ${notRun.length} not run`);
  // The others need servers, other machines or hours.
  expect(notRun.length).toBeLessThanOrEqual(all.length / 3);
  // Blocks that are indented would be seen by nobody here.
  const indented = pages.flatMap(({ path, text }) => {
    const outside = text.replaceAll(/^```[\s\S]*?^```/gm, "");
    return [...outside.matchAll(/(?<=\n\n) {4}\S.*/g)].map(([line]) => `${path}: ${line}`);
  });
  expect(indented).toEqual([]);
});

function mustRun(block: Block): boolean {
  return isCommands(block) || (block.language === "ts" && block.file === undefined);
}

/** Lines of a console that begin with `$` are commands, the others their output. */
function scriptOf({ language, code }: Block, own: (code: string) => string): Script {
  if (language === "sh") return { script: own(code) };
  const lines = code.split("\n");
  const commands = lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  return { script: own(commands.join("\n")), output: lines.filter((line) => !line.startsWith("$ ")).join("\n") };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
