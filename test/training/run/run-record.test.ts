/** Metrics that a kill or a power failure left damaged: a resumed run keeps what stands before. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { TrainEvent } from "../../../src/training/loop/events.ts";
import { type RecordOptions, RunRecord } from "../../../src/training/run/run-record.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-run-record-"));
afterAll(() => rm(scratch, { recursive: true }));

const eventOf = (step: number): TrainEvent => ({
  ...{
    type: "step",
    stage: "train",
    step,
    done: step,
    total: 40,
    samples: 8 * step,
    epochs: step / 10,
    loss: 1 / step,
  },
  ...{ learningRate: 0.1, gradientNorm: 1, sentencesPerSecond: 100, seconds: step },
});

const report: RecordOptions["report"] = {
  ...{ name: "run", subtitle: "", totalSteps: 40, scoreName: undefined, charts: [], tables: [], footer: "" },
  keepBest: "loss",
};

test.each([
  ["nothing", 10, (line: string) => line],
  ["NULs, as a power failure leaves them", 4, (line: string) => line.replace(/./g, "\0")],
  ["half a line", 4, (line: string) => line.slice(0, line.length / 2)],
  ["a first line that is damaged", 0, () => "{"],
  ["a line that is JSON and no event", 4, () => "null"],
  ["an event without its numbers", 4, (line: string) => line.replace('"loss"', '"lost"')],
])("with %s in them the metrics from there on, and those of later steps, are lost", async (name, at, damage) => {
  const [metricsPath, reportPath] = [join(scratch, `${name}.jsonl`), join(scratch, `${name}.html`)];
  const lines = Array.from({ length: 12 }, (_, index) => JSON.stringify(eventOf(index + 1)));
  await writeFile(metricsPath, lines.with(at, damage(lines[at]!)).join("\n"));
  const record = await RunRecord.open({ metricsPath, reportPath, step: 10, report });
  record.add(eventOf(11));
  record.writeReport("done");
  record.close();
  const steps = [...Array.from({ length: at }, (_, index) => index + 1), 11];
  const metrics = (await readFile(metricsPath, "utf8")).trim().split("\n");
  expect(metrics.map((line) => JSON.parse(line))).toEqual(steps.map(eventOf));
  expect(await readFile(reportPath, "utf8")).toContain("done</span>");
});
