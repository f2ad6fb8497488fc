/** How a process with a loaded model ends: the runtime aborts a process that leaves it in the middle of its work. */
import { expect, test } from "vitest";
import { type Ended, imports, runNode } from "./program.ts";

function run(script: string): Ended {
  const load = "const model = await SentenceTransformer.load(folder);";
  return runNode(["--input-type=module", "--eval", imports + load + script]);
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
