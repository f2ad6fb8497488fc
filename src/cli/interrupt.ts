/** Signals that end a command: the first one cleanly, a second one immediately. */
import { readFileSync } from "node:fs";
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
    if (name === "SIGHUP" && isHangUpIgnored()) continue;
    process.on(name, () => {
      const interrupted = new Interrupted(name);
      if (controller.signal.aborted) process.exit(interrupted.exitCode);
      controller.abort(interrupted);
    });
  }
  return controller.signal;
}

/** Whether SIGHUP is ignored, by `nohup` or the like: a handler would undo that. */
function isHangUpIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
    return (Number.parseInt(mask.slice(-1), 16) & 1) === 1;
  } catch {
    // Not Linux: nohup redirects standard error away from the terminal.
    return process.stderr.isTTY !== true;
  }
}
