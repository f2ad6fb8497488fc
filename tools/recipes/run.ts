/**
 * Runs the recipes of docs/guide/recipes.md that the tests don't, as they stand there: Bun, Deno, and Next.js with
 * `next start` and as a standalone folder. Each in a project of its own in which the packed `hpd` is installed. See README.md.
 *
 *   npm run build && node --conditions=hpd-source tools/recipes/run.ts
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blocksOf } from "../../test/docs/markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const own = join(root, "tools/recipes/node_modules");
const page = await readFile(join(root, "docs/guide/recipes.md"), "utf8");
const deploy = await readFile(join(root, "docs/guide/deploy.md"), "utf8");
const run = promisify(execFile);

/** What a pattern finds in a page, which must have it. */
function found(text: string, pattern: RegExp): string {
  const [, code] = pattern.exec(text) ?? [];
  assert.ok(code !== undefined, `the pages have no ${pattern}`);
  return code;
}

const handler = blocksOf(page)[0]!.code;
const route = found(page, /`(export \{.+?)`/);
const bun = found(page, /`(Bun\.serve.+?)`/);
const deno = found(page, /`(Deno\.serve.+?)`/);
const denoFlags = found(page, /`deno run (.+?)`/).split(" ");
const nextSettings = found(deploy, /^### Bundled by Next\n[^#]*?```js\n(.*?)```/ms);

const folder = await mkdtemp(join(tmpdir(), "hpd-recipes-"));

/** A folder with the files of a project. */
async function project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const home = join(folder, name);
  for (const [path, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    await mkdir(join(home, path, ".."), { recursive: true });
    await writeFile(join(home, path), text);
  }
  return home;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Asks a server that is starting, until it answers, then as the page says. */
async function check(name: string, port: number, child: ChildProcess): Promise<void> {
  const post = async (body: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/embed`, { method: "POST", body });
    return { status: response.status, text: await response.text() };
  };
  const body = JSON.stringify({ texts: ["He plays guitar.", "A cat sleeps."] });
  const ends = Date.now() + 90_000;
  let answer: Awaited<ReturnType<typeof post>> | undefined;
  while (answer === undefined && child.exitCode === null && Date.now() < ends) {
    answer = await post(body).catch(() => undefined);
    if (answer === undefined) await delay(100);
  }
  assert.ok(answer !== undefined, `${name} does not answer`);
  assert.equal(answer.status, 200, `${name}: ${answer.text}`);
  const vectors = JSON.parse(answer.text) as number[][];
  assert.deepEqual(
    vectors.map(({ length }) => length),
    [256, 256],
  );
  for (const vector of vectors) assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
  assert.equal((await post("{}")).status, 400);
  assert.equal((await post("not JSON")).status, 400);
  console.log(`${name}: answers, and refuses what is wrong`);
}

async function serve(name: string, program: string, args: (port: number) => string[], cwd: string): Promise<void> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), NEXT_TELEMETRY_DISABLED: "1", HF_HUB_OFFLINE: "1" };
  const child = spawn(program, args(port), { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
  const closed = once(child, "close");
  try {
    await check(name, port, child);
  } finally {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await closed;
    clearTimeout(timer);
  }
}

/** A recipe with the port that it listens on in the place of 8080. */
const served = (line: string): string => `${handler}\n${line.replace("8080", "Number(process.env.PORT)")}\n`;

try {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const plain = await project("plain", {
    "bun.ts": served(bun),
    "deno.ts": `import process from "node:process";\n${served(deno)}`,
  });
  await run("sh", [join(root, "tools/container/install.sh"), join(folder, filename), plain]);

  await serve("Bun", join(own, `@oven/bun-${platform()}-${arch()}/bin/bun`), () => ["run", "bun.ts"], plain);
  const denoProgram = join(own, `@deno/${platform()}-${arch()}${platform() === "linux" ? "-glibc" : ""}/deno`);
  await serve("Deno", denoProgram, () => ["run", "--node-modules-dir=manual", ...denoFlags, "deno.ts"], plain);

  const settings = nextSettings.replace("linux/x64", `${platform()}/${arch()}`);
  const next = await project("next", {
    "app/embed/route.ts": `${handler}\n${route}\n`,
    "next.config.js": `export default { ${settings} };\n`,
  });
  // A copy, since the folder that Next.js makes has what it finds below its own.
  await cp(join(plain, "node_modules"), join(next, "node_modules"), { recursive: true, verbatimSymlinks: true });
  await cp(own, join(next, "node_modules"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/node_modules\/(?:@oven|@deno|bun|deno|\.)/.test(path.slice(path.lastIndexOf("tools"))),
  });
  const program = join(next, "node_modules/next/dist/bin/next");
  const build = () =>
    run(process.execPath, [program, "build"], { cwd: next, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" } });
  await build();
  await serve("Next.js", process.execPath, (port) => [program, "start", "-p", String(port)], next);
  await writeFile(join(next, "next.config.js"), `export default { output: "standalone", ${settings} };\n`);
  await build();
  const alone = join(folder, "standalone");
  await cp(join(next, ".next/standalone"), alone, { recursive: true, verbatimSymlinks: true });
  await rm(next, { recursive: true });
  await serve("Next.js, standalone", process.execPath, () => ["server.js"], alone);
} finally {
  await rm(folder, { recursive: true });
}
