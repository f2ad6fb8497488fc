/** How a process with a loaded model ends: the runtime aborts a process that leaves it in the middle of its work. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { fixture } from "../encode/model-folder.ts";

const index = new URL("../../src/index.ts", import.meta.url);

function run(script: string): { status: number | null; stdout: string; stderr: string } {
  const setUp = `
    import { SentenceTransformer } from ${JSON.stringify(index.href)};
    const model = await SentenceTransformer.load(${JSON.stringify(fixture("hpd-tinybert-like"))});
    const texts = Array.from({ length: 20_000 }, (_, index) => "He plays guitar in street " + index);`;
  const args = ["--conditions=hpd-source", "--input-type=module", "--eval", setUp + script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
  return { status, stdout, stderr };
}

test("an idle model that nobody disposed lets it end", () => {
  expect(run("console.log((await model.encode(texts.slice(0, 3))).count)")).toEqual({
    status: 0,
    stdout: "3\n",
    stderr: "",
  });
});

test.each([0, 100])("process.exit %i ms into encoding ends it with that code", (milliseconds) => {
  expect(run(`model.encode(texts); setTimeout(() => process.exit(7), ${milliseconds});`)).toEqual({
    status: 7,
    stdout: "",
    stderr: "",
  });
});

test("dispose while encoding rejects what is under way and lets it end", () => {
  const script = `
    const work = model.encode(texts).catch(({ code }) => console.log(code));
    setTimeout(() => model.dispose(), 100);
    await work;`;
  expect(run(script)).toEqual({ status: 0, stdout: "disposed\n", stderr: "" });
});
