/** The shared part of commands that train: the run or its plan, and the message after an interruption. */
import type { CommandContext } from "./command.ts";
import type { runSettings } from "./settings/run-settings.ts";
import type { ValuesOf } from "./settings/table.ts";
import { note, print, printJson } from "./terminal.ts";

export interface TrainingCommand<Plan> {
  readonly progress: { readonly step: number | undefined; clear(): void };
  run(): Promise<object>;
  plan(): Promise<Plan>;
  planText(plan: Plan): string;
  /** The message for a run that is stopped before its first step. */
  readonly stoppedBefore: string;
}

/** Prints the outcome or the plan. @throws what the run throws; if it was interrupted, after saying how to continue */
export async function runTraining<Plan>(
  { values, signal }: Pick<CommandContext<ValuesOf<typeof runSettings>>, "values" | "signal">,
  { progress, run, plan, planText, stoppedBefore }: TrainingCommand<Plan>,
): Promise<void> {
  try {
    if (values["dry-run"]) {
      const planned = await plan();
      progress.clear();
      if (values.json) printJson(planned);
      else print(`${planText(planned)}\n`);
    } else {
      const done = await run();
      if (values.json) printJson(done);
    }
  } catch (error) {
    if (signal.aborted && error === signal.reason && !values.quiet) {
      progress.clear();
      const { step } = progress;
      note(
        step === undefined
          ? stoppedBefore
          : `stopped after step ${step}; run the same command with --resume to continue`,
      );
    }
    throw error;
  } finally {
    progress.clear();
  }
}
