/** What reaches a terminal: no orders to it, no passwords, whatever texts, names and models hold. */
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { showStatus } from "../../src/cli/terminal.ts";
import { fixture } from "../encode/model-folder.ts";
import { main, type Outcome, outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

/** Clears the screen, rings, goes back to the start of the line, and turns the direction of writing around. */
const hostile = "\u001b[2J\u0007\rx\u009b31m\u202ey";
const shown = "\\u001b[2J\\u0007\\u000dx\\u009b31m\\u202ey";

const folder = await mkdtemp(join(tmpdir(), "hpd-terminal-"));
/** A model that holds `hostile` in every place that can: its name, a module's config, a prompt, a weight nobody uses. */
const model = join(folder, `model${hostile}`);

beforeAll(async () => {
  await cp(fixture("bert"), model, { recursive: true });
  const config = join(model, "config_sentence_transformers.json");
  const parsed = JSON.parse(await readFile(config, "utf8").catch(() => "{}"));
  await writeFile(
    config,
    JSON.stringify({ ...parsed, prompts: { [hostile]: hostile, query: "q" }, default_prompt_name: hostile }),
  );
  await addUnusedWeight(join(model, "model.safetensors"), `unused${hostile}`);
});
afterAll(() => rm(folder, { recursive: true }));

const hpd = (...args: string[]): Promise<Outcome> => runHpd(args);

function expectSafe({ stdout, stderr }: Outcome): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
}

test("texts, on standard output", async () => {
  const outcome = await outcomeOf(startHpd(["similarity", `a${hostile}`, "b"]));
  expectSafe(outcome);
  expect(outcome).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("\\u001b[2J\\u0007 x") });
});

test("a model's name, prompts and weights, in its description and in warnings", async () => {
  const outcome = await hpd("info", model);
  expectSafe(outcome);
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toContain(`model${shown}\n`);
  expect(outcome.stdout).toMatch(/default prompt {2}\\u001b/);
  expect(outcome.stderr).toContain(`unused${shown}`);
});

test("the description for programs stays as it is", async () => {
  expect(JSON.parse((await hpd("info", model, "--json")).stdout)).toMatchObject({ defaultPromptName: hostile });
});

test.each([
  ["a file that isn't there", ["encode", `none${hostile}`]],
  ["a model that isn't there", ["info", `none${hostile}`]],
  ["an index that isn't there", ["search", `none${hostile}`, "query"]],
  ["a command that isn't there", [hostile]],
  ["an option that isn't there", ["encode", `--${hostile}`]],
  ["a task that isn't there", ["evaluate", "--tasks", hostile]],
  ["a map of nothing", ["map", `none${hostile}`, "--out", join(folder, "map.html")]],
  ["a recipe that isn't there", ["distill", "--recipe", `none${hostile}`]],
  ["all with its stack", ["encode", `none${hostile}`, "--verbose"]],
])("%s", async (_what, args) => {
  const outcome = await hpd(...args);
  expectSafe(outcome);
  expect(outcome.stdout).toBe("");
  expect([1, 2]).toContain(outcome.code);
  expect(outcome.stderr).toMatch(/^hpd: /);
});

test("warnings of Node and of libraries", async () => {
  const library = `import { isMainThread } from "node:worker_threads";
    if (isMainThread) setTimeout(() => process.emitWarning(${JSON.stringify(hostile)}, "LibraryWarning"));`;
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(library)}` };
  const outcome = await outcomeOf(startHpd(["similarity", "a", "b"], { env }));
  expectSafe(outcome);
  expect(outcome.stderr).toContain(`hpd: LibraryWarning: ${shown}\n`);
});

test("a name can't look like a message of its own", async () => {
  const { stderr } = await hpd("encode", "none\nhpd: all is well");
  expect(stderr).toMatch(/^hpd: /);
  expect(stderr).not.toMatch(/\nhpd: /);
});

test.each([
  ["search", "postgres://me:PASS@127.0.0.1:1/db", "query", "--verbose"],
  ["index", "info", " postgres://me:PASS@127.0.0.1:1/db"],
  ["index", "build", folder, "--out", "postgres:/me:PASS@127.0.0.1/db", "--json"],
  ["info", "https://me:PASS@127.0.0.1/model"],
  ["encode", "https://me:PASS@127.0.0.1/texts.txt"],
])("no password is shown: hpd %s %s %s %s", async (...args) => {
  const { code, stdout, stderr } = await hpd(...args.filter((argument) => argument !== undefined));
  expect([1, 2]).toContain(code);
  expect(stderr).not.toBe("");
  expect(stdout + stderr).not.toContain("PASS");
});

test.runIf(process.platform === "linux")("data too, where standard output is a terminal", async () => {
  const texts = join(folder, "texts.txt");
  await writeFile(texts, `one${hostile}\ntwo\n`);
  const args = ["dedupe", texts, "--model", fixture("bert"), "--quiet"];
  expect((await hpd(...args)).stdout).toBe(`one${hostile}\ntwo\n`);
  // util-linux's script gives it a terminal.
  const command = [process.execPath, ...main, ...args].map((word) => `'${word}'`).join(" ");
  const shownOnTerminal = execFileSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8", stdio: "pipe" });
  expect(shownOnTerminal).toContain(`one${shown}`);
  expect(shownOnTerminal).not.toContain("\u001b[2J");
});

test("the status line, which is cut after it was made safe", () => {
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  showStatus(`${hostile}\n${"x".repeat(1000)}`);
  write.mockRestore();
  expect(written).toHaveLength(1);
  expect(written[0]!.startsWith(`\r\u001b[K${shown}\\nxxx`)).toBe(true);
  expect(written[0]!.length).toBeLessThan(400);
});

test("only the printing module writes to the streams", async () => {
  const source = fileURLToPath(new URL("../../src/", import.meta.url));
  const writers: string[] = [];
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".ts")) continue;
    const path = join(entry.parentPath, entry.name);
    if (/std(?:out|err)\.write|console\.\w+\(/.test(await readFile(path, "utf8"))) writers.push(relative(source, path));
  }
  expect(writers.sort()).toEqual(["cli/terminal.ts", "encode/print-warning.ts"]);
});

async function addUnusedWeight(path: string, name: string): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  const data = bytes.subarray(8 + length);
  header[name] = { dtype: "F32", shape: [1], data_offsets: [data.length, data.length + 4] };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([size, text, data, Buffer.alloc(4)]));
}
