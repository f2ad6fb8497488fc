/** A line of progress on stderr that is overwritten in a terminal; nothing in a pipe or a log. */
import type { SettingTable, ValuesOf } from "./settings/table.ts";
import { clearStatus, showStatus } from "./terminal.ts";

export const progressSettings = {
  progress: { kind: "switch", flagOnly: true, help: "show progress even if stderr is not a terminal" },
  quiet: { kind: "switch", flagOnly: true, help: "print nothing on stderr but errors" },
} as const satisfies SettingTable;

export type ProgressValues = ValuesOf<typeof progressSettings>;

export class ProgressLine {
  readonly #enabled: boolean;
  #shownAt = 0;

  constructor(enabled: boolean = process.stderr.isTTY === true) {
    this.#enabled = enabled;
  }

  /** Shows a line at most ten times per second; the text is computed only then. */
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

/** The line that `--progress` and `--quiet` ask for. */
export function progressLineFor({ progress, quiet }: ProgressValues): ProgressLine {
  return new ProgressLine(!quiet && (progress || process.stderr.isTTY === true));
}

/** Seconds as minutes and seconds: `1:05`. */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Speed and remaining time since its creation. */
export class Rate {
  readonly #start = performance.now();

  /** Per second since the start. */
  of(count: number): number {
    return count / Math.max(this.#seconds, 1e-3);
  }

  /** Remaining time as `1:05`, from the fraction that is done; empty if that is unknown. */
  timeLeft(fraction: number | undefined): string {
    if (fraction === undefined || fraction <= 0) return "";
    return clockTime((this.#seconds / fraction) * (1 - Math.min(fraction, 1)));
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}
