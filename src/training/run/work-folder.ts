/**
 * The work folder of a run: `recipe.json`, checkpoints, metrics and the report. It is checked, with the folder of the
 * new model, before any work begins.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cannotWrite } from "../../common/file-errors.ts";
import { isObject, parseJsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { lockFolder, requireUnlocked } from "../../files/lock-folder.ts";
import { requireWritable } from "../../files/make-folder.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { requireReplaceable } from "../../files/write-folder.ts";
import { fingerprintModel } from "../../hub/fingerprint.ts";
import type { Validation } from "../loop/loop-state.ts";

const checkpointFolder = "checkpoints";
const recipeFile = "recipe.json";
const doneFile = "done.json";

export interface Folders {
  readonly out: string;
  readonly work: string;
  readonly resume: boolean;
  readonly overwrite: boolean;
}

/** The result of a run. */
export interface Outcome {
  readonly steps: number;
  readonly samples: number;
  readonly seconds: number;
  /** The validation of the state that was kept. */
  readonly best: Validation;
}

type RunState =
  | { readonly kind: "new" }
  /** Has checkpoints to resume from. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "done"; readonly outcome: Outcome };

export class WorkFolder {
  /** The folder itself, also for temporary files of the run. */
  readonly path: string;
  readonly #folders: Folders;
  readonly #recipe: object;
  #state: RunState;

  private constructor(folders: Folders, recipe: object, state: RunState) {
    this.path = folders.work;
    this.#folders = folders;
    this.#recipe = recipe;
    this.#state = state;
  }

  /**
   * Checks the folders, and changes nothing.
   *
   * @param recipe everything that must be the same to resume the run
   * @throws HpdError `invalid_argument` for a folder in use, or one whose content would have to be replaced
   */
  static async open(folders: Folders, recipe: object): Promise<WorkFolder> {
    await requireUnlocked(folders.work);
    return new WorkFolder(folders, recipe, await stateOf(folders, recipe));
  }

  /**
   * Locks the folder until the returned lock is disposed of.
   *
   * @throws HpdError as `open` does, since another run may have changed the folder since
   */
  async lock(): Promise<AsyncDisposable> {
    const lock = await lockFolder(this.path);
    try {
      this.#state = await stateOf(this.#folders, this.#recipe);
      // Fails now rather than after the training.
      if (this.#state.kind !== "done") await requireWritable(this.#folders.out);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
    return lock;
  }

  /**
   * Removes the files of an earlier run, unless it is resumed, and writes the recipe.
   *
   * @throws HpdError `invalid_argument`
   */
  async start(): Promise<void> {
    if (this.#state.kind === "interrupted") return;
    try {
      for (const path of [join(this.path, doneFile), this.checkpoints, this.metrics, this.report])
        await rm(path, { recursive: true, force: true });
    } catch (cause) {
      throw cannotWrite(this.path, cause);
    }
    const text = `${JSON.stringify(this.#recipe, undefined, 2)}\n`;
    await replaceFile(join(this.path, recipeFile), text);
  }

  get checkpoints(): string {
    return join(this.path, checkpointFolder);
  }

  get metrics(): string {
    return join(this.path, "metrics.jsonl");
  }

  get report(): string {
    return join(this.path, "report.html");
  }

  /** Whether the new model may replace an existing one: as it was allowed now, or when the run began. */
  get mayReplace(): boolean {
    return this.#state.kind !== "new" || this.#folders.overwrite;
  }

  /** The result of the run to resume, if it is finished and its model in place. */
  get outcome(): Outcome | undefined {
    return this.#state.kind === "done" ? this.#state.outcome : undefined;
  }

  /** Records that the model is in place, so that there is nothing left to resume. */
  async finish(outcome: Outcome): Promise<void> {
    const model = await fingerprintOf(this.#folders.out);
    const text = `${JSON.stringify({ model, ...outcome }, undefined, 2)}\n`;
    await replaceFile(join(this.path, doneFile), text);
    await this.removeCheckpoints();
  }

  /** Removes the checkpoints; metrics and report stay. */
  async removeCheckpoints(): Promise<void> {
    await rm(this.checkpoints, { recursive: true, force: true });
  }
}

async function stateOf({ out, work, resume, overwrite }: Folders, recipe: object): Promise<RunState> {
  if (resume && overwrite) {
    throw new HpdError(
      "invalid_argument",
      "`resume: true` continues what `overwrite: true` would delete: use one of them",
    );
  }
  const isInterrupted = await hasFiles(join(work, checkpointFolder));
  if (isInterrupted && !resume && !overwrite) {
    throw new HpdError(
      "invalid_argument",
      `${work} holds an interrupted run: continue it (\`resume: true\`), or delete it (\`overwrite: true\`)`,
    );
  }
  const outcome = resume ? await readOutcome(out, work) : undefined;
  await requireReplaceable(out, isInterrupted || outcome !== undefined || overwrite);
  if (!resume || (outcome === undefined && !isInterrupted)) return { kind: "new" };
  requireSame(work, await readRecipe(work), recipe);
  return outcome === undefined ? { kind: "interrupted" } : { kind: "done", outcome };
}

/** @returns undefined for a run that isn't finished, or whose model has been replaced since */
async function readOutcome(out: string, work: string): Promise<Outcome | undefined> {
  try {
    const { model, ...outcome } = JSON.parse(await readFile(join(work, doneFile), "utf8"));
    const { steps, samples, seconds, best } = outcome;
    const isWhole = [steps, samples, seconds].every(Number.isFinite) && isObject(best) && Number.isFinite(best.step);
    return isWhole && model === (await fingerprintOf(out)) ? outcome : undefined;
  } catch {
    return undefined;
  }
}

function fingerprintOf(out: string): Promise<string> {
  // An absolute path is not taken for an id of the hub.
  return fingerprintModel(resolve(out), {}, {});
}

async function readRecipe(work: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return parseJsonObject(await readFile(join(work, recipeFile), "utf8"), recipeFile);
  } catch (cause) {
    const problem = `${work} should hold a run to resume, but ${recipeFile} can't be read (${(cause as Error).message})`;
    throw new HpdError("invalid_argument", `${problem}: start over (\`overwrite: true\`)`, { cause });
  }
}

function requireSame(work: string, started: Readonly<Record<string, unknown>>, recipe: object): void {
  const now: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(recipe));
  const differences = [...new Set([...Object.keys(started), ...Object.keys(now)])]
    .filter((key) => JSON.stringify(started[key]) !== JSON.stringify(now[key]))
    .map((key) => `\`${key}\` was ${shown(started[key])} and is ${shown(now[key])}`);
  if (differences.length === 0) return;
  throw new HpdError(
    "invalid_argument",
    `the run in ${work} has another recipe (${differences.join("; ")}): ` +
      "resume it with the options it was started with, or start over (`overwrite: true`)",
  );
}

function shown(value: unknown): string {
  return value === undefined ? "not given" : JSON.stringify(value);
}

async function hasFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0;
}
