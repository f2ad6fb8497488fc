/** A line on stderr that is written over and over, where a person is looking; nothing in a pipe or a log. */
import type { Flags } from "./command.ts";
import { clearStatus, showStatus } from "./terminal.ts";

export const progressFlags = {
  progress: { type: "boolean" },
  quiet: { type: "boolean" },
} as const;

export class ProgressLine {
  readonly #enabled: boolean;
  #shownAt = 0;

  constructor(enabled: boolean = process.stderr.isTTY === true) {
    this.#enabled = enabled;
  }

  /** At most ten times a second; the text is made only then. */
  show(text: () => string): void {
    const now = performance.now();
    if (!this.#enabled || now - this.#shownAt < 100) return;
    this.#shownAt = now;
    showStatus(text());
  }

  clear(): void {
    if (this.#enabled && this.#shownAt > 0) clearStatus();
  }
}

/** As `--progress` and `--quiet` say. */
export function progressLineFor(flags: Flags): ProgressLine {
  return new ProgressLine(flags.quiet !== true && (flags.progress === true || process.stderr.isTTY === true));
}

/** How fast something goes and how long it still takes. */
export class Rate {
  readonly #start = performance.now();

  /** Per second since the start. */
  of(count: number): number {
    return count / Math.max(this.#seconds, 1e-3);
  }

  /** `1:05`, from the fraction that is done; empty where that is not known. */
  timeLeft(fraction: number | undefined): string {
    if (fraction === undefined || fraction <= 0) return "";
    const left = Math.round((this.#seconds / fraction) * (1 - Math.min(fraction, 1)));
    return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}

export function grouped(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
