/**
 * The files in which a run can be followed: `metrics.jsonl` with a line for each step, validation and checkpoint, and
 * `report.html` with its curves. A resumed run removes what the interrupted one wrote after its last checkpoint.
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

/** Maximum interval between two versions of the report, which is also written at each validation and checkpoint. */
const reportSeconds = 60;

export interface RecordOptions {
  readonly metricsPath: string;
  readonly reportPath: string;
  /** The step that the run resumes from: later lines are removed. */
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
    // Of a run that has made no step, the validation before it is made again.
    const isKept = ({ step }: TrainEvent) => options.step > 0 && step <= options.step;
    const kept = (await readMetrics(options.metricsPath)).filter(isKept);
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

  /** Writes the report of a stopped run. A failure is ignored, since the error that stopped the run matters more. */
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

/** The events of a metrics file, up to the first damaged line (of a kill or a power failure); none without a file. */
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

/** Whether an event has the numbers that curves are made of. */
function isTrainEvent(event: unknown): event is TrainEvent {
  if (!isObject(event) || !Object.hasOwn(numbersOf, String(event.type))) return false;
  return numbersOf[event.type as TrainEvent["type"]].every((name) => Number.isFinite(event[name]));
}
