/**
 * The progress of a run on stderr: one line that is overwritten in a terminal, and lines that stay for each stage,
 * validation and checkpoint, also in a log.
 */

import { grouped } from "../common/numbers.ts";
import type { DistillEvent, FineTuningEvent, StepEvent } from "../train.ts";
import { withFlags } from "./flag-names.ts";
import { ProgressLine, Rate } from "./progress.ts";
import type { SettingTable } from "./settings/table.ts";
import { note, say } from "./terminal.ts";

type AnyEvent = DistillEvent | FineTuningEvent;

export interface ProgressTexts<Event extends AnyEvent> {
  /** Names of the stages of preparation: `sentences read`. */
  readonly stages: Readonly<Record<Extract<Event, { type: "prepare" }>["stage"], string>>;
  /** Lines to print when all is prepared. */
  summary(event: Extract<Event, { type: "prepared" }>): string[];
  /** The settings, for messages of the library. */
  readonly settings: SettingTable;
}

/** Seconds between two lines in a log. */
const logSeconds = 60;

/** Time constant of the averaged rate in seconds. */
const rateSeconds = 10;

export class TrainingProgress<Event extends AnyEvent> {
  readonly #line: ProgressLine;
  readonly #isQuiet: boolean;
  readonly #texts: ProgressTexts<Event>;
  #printedAt = performance.now();
  /** Rate since the latest event of a stage, which is when the next stage began. */
  #rate = new Rate();
  #stage: { readonly name: string; readonly rate: Rate; done: number } | undefined;
  #step: StepEvent | undefined;
  #validation = "";
  /** Moving averages of the latest steps, so that the line is readable. */
  #loss: number | undefined;
  #sentencesPerSecond: number | undefined;

  constructor(isQuiet: boolean, texts: ProgressTexts<Event>) {
    this.#texts = texts;
    this.#isQuiet = isQuiet;
    this.#line = new ProgressLine(!isQuiet && process.stderr.isTTY === true);
  }

  /** Steps so far, including those of earlier processes. */
  get step(): number | undefined {
    return this.#step?.step;
  }

  onEvent(event: Event): void {
    switch (event.type) {
      case "prepare":
        this.#prepare(event.stage, event.done, event.total);
        return;
      case "prepared":
        this.#endStage();
        for (const text of this.#texts.summary(event as Extract<Event, { type: "prepared" }>)) this.#print(text);
        return;
      case "step":
        this.#take(event);
        this.#show(() => this.#training(event));
        return;
      case "validation": {
        const score = event.score === undefined ? "" : `, score ${event.score.toFixed(4)}`;
        const each = Object.entries(event.losses ?? {}).map(([name, loss]) => `${name} ${significant(loss)}`);
        const losses = each.length === 0 ? "" : ` (${each.join(", ")})`;
        this.#validation = `, validation ${significant(event.loss)}${losses}${score}${event.isBest ? " (best)" : ""}`;
        this.#print(this.#training(this.#step));
        return;
      }
      case "checkpoint":
        return;
      case "warning":
        this.#line.clear();
        if (!this.#isQuiet) say(withFlags(event.message, this.#texts.settings));
        return;
      case "done":
        this.#print(`${event.out}: the state after step ${grouped(event.best.step)}, report ${event.report}`);
    }
  }

  clear(): void {
    this.#line.clear();
  }

  #prepare(name: string, done: number, total: number | undefined): void {
    if (this.#stage?.name !== name) {
      this.#endStage();
      this.#stage = { name, rate: this.#rate, done: 0 };
    }
    const stage = this.#stage!;
    stage.done = done;
    this.#rate = new Rate();
    this.#show(() => {
      const left = total === undefined ? "" : stage.rate.timeLeft(done / total);
      const of = total === undefined ? "" : ` of ${grouped(total)}`;
      const rate = grouped(stage.rate.of(done));
      return `${this.#stageName(name)}: ${grouped(done)}${of}, ${rate}/s${left === "" ? "" : `, ${left} left`}`;
    });
  }

  #stageName(name: string): string {
    return (this.#texts.stages as Readonly<Record<string, string>>)[name]!;
  }

  #endStage(): void {
    if (this.#stage === undefined) return;
    const { name, done, rate } = this.#stage;
    // The summary says how many were read.
    if (name !== "read") this.#print(`${this.#stageName(name)}: ${grouped(done)}, ${grouped(rate.of(done))}/s`);
    this.#stage = undefined;
  }

  #take(event: StepEvent): void {
    const elapsed = event.seconds - (this.#step?.seconds ?? 0);
    const share = Math.min(1, elapsed / rateSeconds);
    const mean = (before: number | undefined, now: number) => (before ?? now) + share * (now - (before ?? now));
    this.#loss = mean(this.#loss, event.loss);
    this.#sentencesPerSecond = mean(this.#sentencesPerSecond, event.sentencesPerSecond);
    this.#step = event;
  }

  #training(event: StepEvent | undefined): string {
    if (event === undefined) return `before training: ${this.#validation.replace(", ", "")}`;
    const { step, total, seconds } = event;
    const left = duration((seconds / step) * (total - step));
    const rate = `${grouped(this.#sentencesPerSecond!)} sentences/s`;
    const progress = `step ${grouped(step)} of ${grouped(total)}`;
    return `${progress}, loss ${significant(this.#loss!)}${this.#validation}, ${rate}, ${left} left`;
  }

  #show(text: () => string): void {
    this.#line.show(text);
    const isDue = performance.now() - this.#printedAt > 1000 * logSeconds;
    if (process.stderr.isTTY !== true && isDue) this.#print(text());
  }

  #print(text: string): void {
    this.#printedAt = performance.now();
    if (this.#isQuiet) return;
    this.#line.clear();
    note(text);
  }
}

/** A duration as `1:05:07`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function significant(value: number): string {
  return value === 0 ? "0" : value.toPrecision(3);
}
