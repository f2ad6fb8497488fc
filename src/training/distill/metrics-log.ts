/**
 * `metrics.jsonl`: a line for each step, validation and checkpoint, for whoever watches a run and for its report. A run
 * that is resumed takes away what an interrupted one wrote after its last checkpoint.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { HpdError } from "../../errors.ts";
import type { TrainEvent } from "../loop/events.ts";
import { replaceFile } from "../loop/replace-file.ts";

export class MetricsLog {
  readonly #path: string;
  readonly #file: number;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
  }

  /** @param step that the run goes on after: later lines are removed */
  static async open(path: string, step: number): Promise<MetricsLog> {
    const kept = (await readMetrics(path)).filter((event) => event.step <= step);
    const text = kept.map((event) => `${JSON.stringify(event)}\n`).join("");
    await replaceFile(path, new TextEncoder().encode(text));
    return new MetricsLog(path, openSync(path, "a"));
  }

  /** @throws HpdError `invalid_argument` where the disk is full */
  write(event: TrainEvent): void {
    try {
      writeSync(this.#file, `${JSON.stringify(event)}\n`);
    } catch (cause) {
      throw new HpdError("invalid_argument", `${this.#path} can't be written: ${(cause as Error).message}`, { cause });
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What was written; none where there is no file. A last line that a kill cut short is left out. */
export async function readMetrics(path: string): Promise<TrainEvent[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as TrainEvent]));
}
