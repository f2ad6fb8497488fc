/**
 * The folder for what a run needs while it lasts: `recipe.json`, checkpoints, metrics and the report. What is there
 * already, and where the new model goes, is looked at before any work begins.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { lockFolder, requireUnlocked } from "../../files/lock-folder.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { requireReplaceable } from "../files/write-folder.ts";

const checkpointFolder = "checkpoints";
const recipeFile = "recipe.json";

export interface Folders {
  readonly out: string;
  readonly work: string;
  readonly resume: boolean;
  readonly overwrite: boolean;
}

export class WorkFolder {
  /** Also for files that the run deletes itself. */
  readonly path: string;
  readonly #folders: Folders;
  readonly #recipe: object;
  /** Whether there are checkpoints to go on from. */
  #isResumed: boolean;

  private constructor(folders: Folders, recipe: object, isResumed: boolean) {
    this.path = folders.work;
    this.#folders = folders;
    this.#recipe = recipe;
    this.#isResumed = isResumed;
  }

  /**
   * Looks at what is there, and changes nothing.
   *
   * @param recipe what must be the same for a run to be resumed
   * @throws HpdError `invalid_argument` where something is in the way, such as a run that is under way
   */
  static async open(folders: Folders, recipe: object): Promise<WorkFolder> {
    await requireUnlocked(folders.work);
    return new WorkFolder(folders, recipe, await isToBeResumed(folders, recipe));
  }

  /**
   * Keeps other runs out until what it returns is disposed of.
   *
   * @throws HpdError as `open` does: another run may have been here since
   */
  async lock(): Promise<AsyncDisposable> {
    const lock = await lockFolder(this.path);
    try {
      this.#isResumed = await isToBeResumed(this.#folders, this.#recipe);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
    return lock;
  }

  /** Makes room for a run's files; those of a run that is resumed stay. @throws HpdError `invalid_argument` */
  async start(): Promise<void> {
    if (this.#isResumed) return;
    try {
      for (const path of [this.checkpoints, this.metrics, this.report])
        await rm(path, { recursive: true, force: true });
    } catch (cause) {
      throw new HpdError("invalid_argument", `${this.path} can't be written: ${(cause as Error).message}`, {
        cause,
      });
    }
    const text = `${JSON.stringify(this.#recipe, undefined, 2)}\n`;
    await replaceFile(join(this.path, recipeFile), [new TextEncoder().encode(text)]);
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

  /** Whether the new model may take the place of one that is there: it was asked for, or was when the run began. */
  get mayReplace(): boolean {
    return this.#isResumed || this.#folders.overwrite;
  }

  /** What the report is made of stays. */
  async removeCheckpoints(): Promise<void> {
    await rm(this.checkpoints, { recursive: true, force: true });
  }
}

async function isToBeResumed({ out, work, resume, overwrite }: Folders, recipe: object): Promise<boolean> {
  if (resume && overwrite) {
    throw new HpdError("invalid_argument", "resume goes on with what overwrite would throw away: use one of them");
  }
  const isInterrupted = await hasFiles(join(work, checkpointFolder));
  if (isInterrupted && !resume && !overwrite) {
    throw new HpdError(
      "invalid_argument",
      `${work} holds a run that was interrupted: go on with it (resume), or throw it away (overwrite)`,
    );
  }
  await requireReplaceable(out, isInterrupted || overwrite);
  const isResumed = resume && isInterrupted;
  if (isResumed) requireSame(work, await readRecipe(work), recipe);
  return isResumed;
}

async function readRecipe(work: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(join(work, recipeFile), "utf8"));
  } catch (cause) {
    const problem = `${work} holds no run that can be resumed: ${recipeFile} can't be read`;
    throw new HpdError("invalid_argument", `${problem} (${(cause as Error).message})`, { cause });
  }
}

function requireSame(work: string, started: Readonly<Record<string, unknown>>, recipe: object): void {
  const now: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(recipe));
  const differences = [...new Set([...Object.keys(started), ...Object.keys(now)])]
    .filter((key) => JSON.stringify(started[key]) !== JSON.stringify(now[key]))
    .map((key) => `${key} was ${shown(started[key])} and is ${shown(now[key])}`);
  if (differences.length === 0) return;
  throw new HpdError(
    "invalid_argument",
    `the run in ${work} has another recipe: ${differences.join("; ")}. ` +
      "Resume it with what it was started with, or start anew (overwrite).",
  );
}

function shown(value: unknown): string {
  return value === undefined ? "not given" : JSON.stringify(value);
}

async function hasFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0;
}
