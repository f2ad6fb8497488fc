/** The run of a command that writes a model out of another one: its stages, its result, and what is said where it was stopped. */
import { loadReports } from "./model.ts";
import { ProgressLine, type ProgressValues } from "./progress.ts";
import { Stages } from "./stages.ts";
import { note, print, printJson } from "./terminal.ts";

interface Reports {
  readonly signal: AbortSignal;
  readonly onWarning: ((message: string) => void) | undefined;
  readonly onProgress: (progress: { readonly stage: string; readonly done: number; readonly total: number }) => void;
}

/**
 * Writes a model by a function that leaves nothing where it is stopped, and prints what it returns.
 *
 * @param textOf the result for people
 */
export async function writeModel<Result>(
  {
    values,
    signal,
  }: { readonly values: ProgressValues & { readonly json?: boolean | undefined }; readonly signal: AbortSignal },
  write: (reports: Reports) => Promise<Result>,
  textOf: (result: Result) => string,
): Promise<void> {
  const stages = new Stages(values);
  try {
    const { onWarning } = loadReports(new ProgressLine());
    const result = await write({
      signal,
      onWarning,
      onProgress: ({ stage, done, total }) => stages.show(stage, done, total),
    });
    stages.end();
    if (values.json) printJson(result);
    else if (!values.quiet) print(`${textOf(result)}\n`);
  } catch (error) {
    stages.end();
    if (signal.aborted && error === signal.reason && !values.quiet) note("stopped; nothing was written");
    throw error;
  }
}
