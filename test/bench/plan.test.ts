import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { listEngines } from "../../bench/encoding/engines.ts";
import { hasBfloat16, instructionsOf, kindOf } from "../../bench/encoding/machine.ts";
import { Measure } from "../../bench/encoding/measure.ts";
import { planSteps } from "../../bench/encoding/plan.ts";
import { type FirstPass, type Sample, tasks } from "../../bench/encoding/results.ts";
import { makeTexts } from "../../bench/encoding/texts.ts";

const folder = mkdtempSync(join(tmpdir(), "hpd-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const sts = join(folder, "sts");
mkdirSync(join(sts, "STSBenchmark"), { recursive: true });
const row = (a: string, b: string, score: number) => `genre\tfile\tyear\tid\t${score}\t${a}\t${b}`;
const pairs = Array.from({ length: 20 }, (_, index) => row(`test ${index} one`, `test ${index} two`, index % 6));
writeFileSync(join(sts, "STSBenchmark/sts-test.csv"), `${pairs.join("\n")}\n`);
const others = Array.from({ length: 600 }, (_, index) =>
  row(`number ${index} is a sentence`, `and ${index} another`, 1),
);
writeFileSync(join(sts, "STSBenchmark/sts-train.csv"), `${others.join("\n")}\n`);

const sizes = { short: 100, mixed: 40, long: 4, queries: 12 };
const countWords = (text: string) => text.split(" ").length + 2;
const texts = makeTexts(sts, sizes, countWords);

test("steps: first passes, then task by task all engines in an order of its own; what is done is left out", () => {
  const engines = ["a", "b", "c", "d", "e"];
  const nothing = { samples: [], firstPasses: [] };
  const steps = planSteps(engines, 2, tasks, nothing);
  expect(steps).toHaveLength(5 + 2 * tasks.length * 5);
  expect(steps.slice(0, 5).every(({ task }) => task === "first")).toBe(true);
  const turns = Array.from({ length: 2 * tasks.length }, (_, at) => steps.slice(5 + 5 * at, 10 + 5 * at));
  for (const turn of turns) expect(turn.map(({ engine }) => engine).sort()).toEqual(engines);
  expect(new Set(turns.map((turn) => turn.map(({ engine }) => engine).join(""))).size).toBeGreaterThan(tasks.length);

  const done = { firstPasses: [{ engine: "a" } as FirstPass], samples: steps.slice(5, 12) as unknown as Sample[] };
  expect(planSteps(engines, 2, tasks, done)).toEqual([...steps.slice(1, 5), ...steps.slice(12)]);
  expect(planSteps(engines, 1, ["long"], nothing).map(({ task }) => task)).toEqual([
    ...Array(5).fill("first"),
    ...Array(5).fill("long"),
  ]);
});

test("texts: the same ones each time, of the lengths that are asked for, none of them for calibration", () => {
  expect(makeTexts(sts, sizes, countWords)).toEqual(texts);
  const test = Array.from({ length: 20 }, (_, index) => [`test ${index} one`, `test ${index} two`]).flat();
  expect(texts.sentences.toSorted()).toEqual(test.toSorted());
  expect(new Set(texts.short).size).toBe(100);
  expect(texts.calibration.filter((text) => texts.short.includes(text))).toEqual([]);
  expect(texts.calibration).toHaveLength(300);
  expect(texts.long.map(countWords)).toEqual([256, 256, 256, 256]);
  const lengths = texts.mixed.map(countWords);
  expect(Math.max(...lengths)).toBeGreaterThan(256);
  expect(Math.max(...lengths)).toBeLessThan(512);
  // Half of the logarithms.
  expect(lengths.filter((length) => length <= 22).length / lengths.length).toBeCloseTo(0.5, 1);
  expect(texts.queries).toHaveLength(12);
});

test("engines: what isn't installed or can't run here is left out and named", () => {
  const nothing = { root: folder, folders: [], quantized: undefined, python: undefined, exported: undefined };
  const bare = listEngines({ ...nothing, hasBfloat16: true });
  expect(bare.engines.map(({ name }) => name)).toEqual(["hpd fp32", "hpd int8"]);
  expect(bare.leftOut.map(({ names }) => names)).toEqual([
    ...["OpenVINO", "sentence-transformers", "transformers.js", "fastembed"],
  ]);
  const versions = { openvino: "1", "sentence-transformers": "1", torch: "1" };
  const some = listEngines({
    ...nothing,
    folders: ["/models/other"],
    quantized: "/models/quantized",
    python: { command: "python", versions },
    exported: folder,
    hasBfloat16: false,
  });
  expect(some.engines.map(({ name }) => name)).toEqual([
    ...["hpd fp32", "hpd int8", "hpd int8, quantized", "hpd other", "OpenVINO f32", "sentence-transformers fp32"],
  ]);
  expect(some.leftOut).toContainEqual({
    names: "fastembed",
    why: "fastembed isn't installed in the Python that was given",
  });
  expect(some.leftOut.map(({ names }) => names)).toEqual(
    expect.arrayContaining(["OpenVINO bf16", "OpenVINO int8", "sentence-transformers bf16"]),
  );
});

test("a machine's kind follows from its instructions", () => {
  const names = instructionsOf("processor : 0\nflags\t\t: fpu avx2 avx512f avx512_vnni sse\n");
  expect(names).toEqual(["avx2", "avx512f", "avx512_vnni"]);
  expect([kindOf(names), hasBfloat16(names)]).toEqual(["avx512-vnni", false]);
  const arm = instructionsOf("Features : fp asimd i8mm bf16\n");
  expect([kindOf(arm), hasBfloat16(arm)]).toEqual(["arm64-i8mm", true]);
  expect(instructionsOf("")).toEqual([]);
});

test("an engine has its turns, by the protocol", async () => {
  const command = [process.execPath, join(import.meta.dirname, "fake-engine.ts")];
  const engine = { name: "fake", isExact: true, settings: "", command, own: { dtype: "fp32" } };
  const temporary = mkdtempSync(join(folder, "run-"));
  const measure = new Measure({
    temporary,
    texts,
    engines: [engine],
    settings: { model: "", exported: "", maxTokens: 512, dimension: 4 },
    reference: engine,
    besideSeconds: 0.6,
    callerTexts: 128,
    hasScore: true,
  });
  try {
    const pass = await measure.firstPass(engine);
    expect(pass.short).toEqual({ meanCosine: expect.closeTo(1, 6), minCosine: expect.closeTo(1, 6), maxDifference: 0 });
    expect(pass.stsb).toBeGreaterThan(-100);
    expect(measure.versionsOf("fake")).toEqual({ fake: "1" });
    const samples: Sample[] = [];
    for (const task of tasks) samples.push(await measure.sample({ engine: "fake", task, round: 1 }));
    const [start, short, , long, query, passage, beside, callers] = samples as Required<Sample>[];
    expect(start!.milliseconds).toHaveLength(1);
    expect([short!.texts, long!.texts, callers!.texts]).toEqual([100, 4, 128]);
    // A text takes it one millisecond, however many callers there are, but for merged ones.
    // A timer may fire a fraction of a millisecond early.
    expect(short!.seconds).toBeGreaterThan(0.099);
    expect(query!.milliseconds).toHaveLength(12);
    expect(passage!.milliseconds).toHaveLength(4);
    expect(beside!.milliseconds.length).toBeGreaterThan(1);
    expect(beside!.seconds).toBeGreaterThan(0.3);
  } finally {
    await measure.stop();
  }
});
