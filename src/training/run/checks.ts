/** Checks before a run begins. */
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isMainThread } from "node:worker_threads";
import { HpdError } from "../../errors.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { type EpochLength, type LengthOptions, totalStepsIn } from "../loop/run-length.ts";
import type { Student } from "../student/student.ts";

/** @throws HpdError `unsupported` in a worker thread */
export function requireMainThread(name: string): void {
  if (isMainThread) return;
  // Its threads would end together with this one, which aborts the process: see `runtime/node/process-session.ts`.
  throw new HpdError(
    "unsupported",
    `${name} should be called in the main thread of a process, got a worker thread: it starts threads of its own, and ` +
      "doesn't block the event loop",
  );
}

/**
 * Refuses other folders of a run inside a model's, which is replaced as a whole.
 *
 * @throws HpdError `invalid_argument`
 */
export function requireApart(models: readonly string[], work: string): void {
  for (const [index, model] of models.entries()) {
    for (const other of [work, ...models.toSpliced(index, 1)]) {
      const way = relative(resolve(model), resolve(other));
      if (isAbsolute(way) || way.split(sep)[0] === "..") continue;
      throw new HpdError("invalid_argument", `${other} can't lie in ${model}, the folder of a model: name another`);
    }
  }
}

/**
 * Refuses folders of a run inside that of the model that it starts from, and the other way round.
 *
 * @param model a folder, or an id on the hub
 * @throws HpdError `invalid_argument`
 */
export function requireOutside(model: string, folders: RunFolders): void {
  if (!existsSync(model)) return;
  const { out } = folders;
  for (const folder of [out, workFolderOf(folders)]) {
    if (liesIn(model, folder)) {
      throw new HpdError("invalid_argument", `${folder} can't lie in ${model}, the folder of a model: name another`);
    }
  }
  if (!liesIn(out, model)) return;
  throw new HpdError("invalid_argument", `${model} lies in ${out}, which the new model will replace: name another`);
}

type RunFolders = Readonly<{ out: string; workFolder?: string | undefined }>;

/** The work folder: the one that is named, or `OUT.training` beside OUT, which may end in a slash. */
export function workFolderOf({ out, workFolder }: RunFolders): string {
  return workFolder ?? `${join(dirname(out), basename(out))}.training`;
}

function liesIn(folder: string, path: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== "" && !isAbsolute(way) && way.split(sep)[0] !== "..";
}

/** The number of elements of a student's parameters. */
export function parameterCount({ parameters }: Student): number {
  return [...parameters.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

export interface WarmupOptions extends LengthOptions {
  readonly warmupSteps: number;
  readonly learningRate: number;
}

/** The number of updates of the run, with a warning if all of them are warm-up. */
export function totalStepsOf(
  options: WarmupOptions,
  epoch: EpochLength,
  onWarning: ((message: string) => void) | undefined,
): number {
  const { warmupSteps, learningRate } = options;
  const totalSteps = totalStepsIn(options, epoch);
  if (warmupSteps >= totalSteps) {
    onWarning?.(
      `the warm-up of ${warmupSteps} steps lasts for the whole run of ${totalSteps}: the learning rate ` +
        `${learningRate} is never reached, set \`warmupSteps\` to less, such as ${Math.floor(totalSteps / 10)}, a tenth of ` +
        "the run",
    );
  }
  return totalSteps;
}
