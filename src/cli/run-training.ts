/** What commands that train have in common: flags beside their settings, the run or its plan, what is said of a stop. */
import type { CommandContext } from "./command.ts";
import { note, print, printJson } from "./terminal.ts";

export const trainingFlags = {
  recipe: { type: "string" },
  resume: { type: "boolean" },
  overwrite: { type: "boolean" },
  "dry-run": { type: "boolean" },
  quiet: { type: "boolean" },
} as const;

export interface TrainingCommand<Plan> {
  readonly progress: { readonly step: number | undefined; clear(): void };
  run(): Promise<object>;
  plan(): Promise<Plan>;
  planText(plan: Plan): string;
  /** What is said of a run that is stopped before its first step. */
  readonly stoppedBefore: string;
}

/** Prints the outcome or the plan. @throws whatever the run throws, after it is said how to go on where it was stopped */
export async function runTraining<Plan>(
  { flags, signal }: Pick<CommandContext, "flags" | "signal">,
  { progress, run, plan, planText, stoppedBefore }: TrainingCommand<Plan>,
): Promise<void> {
  try {
    if (flags["dry-run"]) {
      const planned = await plan();
      progress.clear();
      if (flags.json) printJson(planned);
      else print(`${planText(planned)}\n`);
    } else {
      const done = await run();
      if (flags.json) printJson(done);
    }
  } catch (error) {
    if (signal.aborted && error === signal.reason && !flags.quiet) {
      progress.clear();
      const { step } = progress;
      note(step === undefined ? stoppedBefore : `stopped after step ${step}; the same command with --resume goes on`);
    }
    throw error;
  } finally {
    progress.clear();
  }
}
