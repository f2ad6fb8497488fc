/** Signals that end a command: the first one cleanly, a second one immediately. */
import { fstatSync, statSync } from "node:fs";
import { constants } from "node:os";

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The reason of an abort by a signal, which is not an error of the command. */
export class Interrupted extends Error {
  /** The exit code by which shells report the signal: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP. */
  readonly exitCode: number;

  constructor(name: (typeof endingSignals)[number]) {
    super(name);
    this.exitCode = 128 + constants.signals[name];
  }
}

/** An abort signal that the first signal of the process aborts, with an `Interrupted`. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of endingSignals) {
    const isIgnored = name === "SIGHUP" && isUnderNohup();
    process.on(name, () => {
      if (isIgnored) return;
      const interrupted = new Interrupted(name);
      if (controller.signal.aborted) process.exit(interrupted.exitCode);
      controller.abort(interrupted);
    });
  }
  return controller.signal;
}

/**
 * Whether the process began under `nohup`, which has SIGHUP ignored: Node takes that back as it starts. What is left to see is
 * that neither messages nor input are those of a terminal.
 */
function isUnderNohup(): boolean {
  if (process.stderr.isTTY) return false;
  // Elsewhere nohup leaves standard input as it is.
  return process.platform !== "linux" || fstatSync(0).rdev === statSync("/dev/null").rdev;
}
