/**
 * What people see of a run while it lasts and afterwards: `metrics.jsonl` with a line for each step, validation and
 * checkpoint, and `report.html` with its curves. A run that is resumed takes away what an interrupted one wrote after its
 * last checkpoint.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileReason } from "../../common/file-errors.ts";
import { isObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { removeHalfWritten, replaceFile, replaceFileSync } from "../../files/replace-file.ts";
import type { TrainEvent } from "../loop/events.ts";
import { Curves } from "../report/curves.ts";
import { type Report, reportHtml } from "../report/report.ts";

/** The report is written anew after each validation and checkpoint, and where those are rare after so long. */
const reportSeconds = 60;

export interface RecordOptions {
  readonly metricsPath: string;
  readonly reportPath: string;
  /** That the run goes on after: later lines are removed. */
  readonly step: number;
  readonly report: Omit<Report, "status" | "curves">;
}

export class RunRecord {
  readonly curves = new Curves();
  readonly #options: RecordOptions;
  readonly #file: number;
  #reportedAt = -Infinity;

  private constructor(options: RecordOptions) {
    this.#options = options;
    this.#file = openSync(options.metricsPath, "a");
  }

  static async open(options: RecordOptions): Promise<RunRecord> {
    const kept = (await readMetrics(options.metricsPath)).filter((event) => event.step <= options.step);
    const text = kept.map((event) => `${JSON.stringify(event)}\n`).join("");
    await removeHalfWritten(dirname(options.reportPath));
    await replaceFile(options.metricsPath, text);
    const record = new RunRecord(options);
    for (const event of kept) record.curves.add(event);
    return record;
  }

  /** @throws HpdError `invalid_argument` where the disk is full */
  add(event: TrainEvent): void {
    this.curves.add(event);
    this.#writing(() => writeSync(this.#file, `${JSON.stringify(event)}\n`));
    const isDue = performance.now() - this.#reportedAt > 1000 * reportSeconds;
    if (event.type !== "step" || isDue) this.writeReport("running");
  }

  /** @throws HpdError `invalid_argument` where the disk is full */
  writeReport(status: Report["status"]): void {
    const { reportPath, report } = this.#options;
    this.#reportedAt = performance.now();
    this.#writing(() => {
      replaceFileSync(reportPath, reportHtml({ ...report, status, curves: this.curves }));
    });
  }

  /** What stopped the run is what its user should hear of, not that the report can't be written either. */
  stop(): void {
    if (this.curves.last === undefined) return;
    try {
      this.writeReport("stopped");
    } catch {}
  }

  close(): void {
    closeSync(this.#file);
  }

  #writing(write: () => void): void {
    try {
      write();
    } catch (cause) {
      const message = `${this.#options.metricsPath} or the report can't be written: ${fileReason(cause)}`;
      throw new HpdError("invalid_argument", message, { cause });
    }
  }
}

/** What was written; none where there is no file. From a line on that a kill or a power failure damaged, all is lost. */
async function readMetrics(path: string): Promise<TrainEvent[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const events: TrainEvent[] = [];
  for (const line of text.split("\n")) {
    try {
      const event: unknown = JSON.parse(line);
      if (!isTrainEvent(event)) break;
      events.push(event);
    } catch {
      break;
    }
  }
  return events;
}

const numbersOf: Readonly<Record<TrainEvent["type"], readonly string[]>> = {
  step: [
    ...["step", "done", "total", "samples", "epochs", "loss", "learningRate", "gradientNorm"],
    ...["sentencesPerSecond", "seconds"],
  ],
  validation: ["step", "loss"],
  checkpoint: ["step"],
};

/** Whether the curves can be made of it. */
function isTrainEvent(event: unknown): event is TrainEvent {
  if (!isObject(event) || !Object.hasOwn(numbersOf, String(event.type))) return false;
  return numbersOf[event.type as TrainEvent["type"]].every((name) => Number.isFinite(event[name]));
}
