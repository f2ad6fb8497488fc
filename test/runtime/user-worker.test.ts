/** A worker thread of a program loads a model, and ends or is ended: native code that is left so aborts a process. */
import { expect, test } from "vitest";
import { imports, moduleOf, runProgram } from "./program.ts";

const encoder = `${imports}
  import { parentPort } from "node:worker_threads";
  const model = await SentenceTransformer.load(folder);
  await model.encode("a");
  parentPort.postMessage("loaded");
  await model.encode(texts);`;

const main = (whenLoaded: string) => `
  import { Worker } from "node:worker_threads";
  const worker = new Worker(new URL("./worker.mjs", import.meta.url));
  worker.once("message", () => setTimeout(async () => { ${whenLoaded} }, 100));`;

test("terminate while it encodes ends it and nothing else", () => {
  const script = main(`console.log("ended with", await worker.terminate());`);
  expect(runProgram({ "main.mjs": script, "worker.mjs": encoder })).toEqual({
    status: 0,
    stdout: "ended with 1\n",
    stderr: "",
  });
});

test("process.exit of the main thread while it encodes ends the process with that code", () => {
  const script = main("process.exit(7);");
  expect(runProgram({ "main.mjs": script, "worker.mjs": encoder })).toEqual({ status: 7, stdout: "", stderr: "" });
});

test("vectors and errors are the same as in the main thread, and an idle model lets the thread end", () => {
  const worker = `${imports}
    import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) await new Promise((resolve) => new Worker(new URL(import.meta.url)).on("exit", resolve));
    const model = await SentenceTransformer.load(folder, { workers: 2 });
    const { data } = await model.encode(texts.slice(0, 500));
    const [tokens] = await model.encode(["a b"], { outputValue: "token_embeddings" });
    console.log(JSON.stringify([...data, ...tokens.data]));
    const late = model.encode(texts).catch(({ code }) => code);
    if (isMainThread) { await model.dispose(); console.log(await late, await model.encode("a").catch(({ code }) => code)); }
    else { await model.dispose(); console.log(await late, await model.encode("a").catch(({ code }) => code));
      const idle = await SentenceTransformer.load(folder); await idle.encode("a"); }`;
  const { status, stdout, stderr } = runProgram({ "main.mjs": worker });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [inWorker, workerCodes, inMain, mainCodes, ...rest] = stdout.split("\n");
  expect(rest).toEqual([""]);
  expect(inWorker!.length).toBeGreaterThan(1000);
  expect(inWorker).toBe(inMain);
  expect([workerCodes, mainCodes]).toEqual(["disposed disposed", "disposed disposed"]);
});

test("a process of the runtime that dies is an error, not a wait without end", () => {
  const worker = `${imports}
    import { execFileSync } from "node:child_process";
    import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) new Worker(new URL(import.meta.url));
    else {
      const model = await SentenceTransformer.load(folder);
      const work = model.encode(texts).catch(({ code, message }) => console.log(code, message));
      const children = execFileSync("ps", ["-o", "pid=,args=", "--ppid", process.pid], { encoding: "utf8" });
      process.kill(Number.parseInt(children.split("\\n").find((line) => line.includes("hpd-worker"))), "SIGKILL");
      await work;
      await model.encode("a").catch(({ code }) => console.log(code));
    }`;
  expect(runProgram({ "main.mjs": worker })).toEqual({
    status: 0,
    stdout: "runtime the process of the runtime ended with SIGKILL\nruntime\n",
    stderr: "",
  });
});

test("distill is refused there: its threads can't be in another process", () => {
  const worker = `
    import { distill } from ${moduleOf("train")};
    import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) new Worker(new URL(import.meta.url));
    else await distill({ teachers: [{ model: "x" }], student: { model: "x", layers: [0] }, sentences: [], out: "x" })
      .catch(({ code, message }) => console.log(code, message));`;
  const { status, stdout } = runProgram({ "main.mjs": worker });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^unsupported distill .* main thread/),
  });
});
