/**
 * The checkpoints of a run, in a folder of its own: one safetensors file each, whose metadata says where the run stood
 * and of which run it is. Kept are the latest and the one of the best validation so far. A file has its name only when it
 * is whole and on the disk, and those that it replaces are removed after that: whenever the process dies, what is there is good.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { HpdError } from "../../errors.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { openSafetensors, safetensorsParts } from "../../formats/safetensors.ts";
import { openFile } from "../../hub/file-byte-source.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LearnerState } from "../learner/learner.ts";
import type { LoopState } from "./loop-state.ts";

const fileName = /^checkpoint-(\d+)\.safetensors$/;

export class Checkpoints {
  readonly folder: string;
  readonly #run: string;

  /** @param run names the run: a checkpoint of another one is refused */
  constructor(folder: string, run: string) {
    this.folder = folder;
    this.#run = run;
  }

  /** @throws HpdError `invalid_argument` where it can't be written, such as on a full disk; the ones before stay. */
  async save(learner: LearnerState, loop: LoopState): Promise<string> {
    const path = this.#path(loop.step);
    await mkdir(this.folder, { recursive: true });
    await replaceFile(path, safetensorsParts(learner.tensors, { run: this.#run, loop: JSON.stringify(loop) }));
    // Also what a process that was killed left half written.
    const kept = [loop.step, loop.best?.step ?? loop.step].map((step) => basename(this.#path(step)));
    for (const name of await readdir(this.folder)) {
      if (!kept.includes(name)) await rm(join(this.folder, name), { force: true });
    }
    return path;
  }

  /** Where a run can go on; undefined where there is no checkpoint. @throws HpdError `invalid_argument`, `corrupt_file` */
  async latest(): Promise<{ learner: LearnerState; loop: LoopState } | undefined> {
    const steps = await this.#steps();
    return steps.length === 0 ? undefined : this.at(Math.max(...steps));
  }

  /** The learner and the loop after so many updates. @throws HpdError as `latest` */
  async at(step: number): Promise<{ learner: LearnerState; loop: LoopState }> {
    const path = this.#path(step);
    const file = await openSafetensors(await openFile(path));
    try {
      const { run, loop } = file.metadata;
      if (run !== this.#run) {
        throw new HpdError(
          "invalid_argument",
          `${path} is of another run: its recipe, its sentences or its teachers were others. ` +
            "Go on with what it was started with, or start anew (`overwrite: true`).",
        );
      }
      const tensors = new Map<string, Tensor<"float32">>();
      for (const name of file.tensors.keys()) tensors.set(name, (await file.read(name)) as Tensor<"float32">);
      return { learner: { step, tensors }, loop: JSON.parse(loop!) };
    } finally {
      await file.close();
    }
  }

  #path(step: number): string {
    return join(this.folder, `checkpoint-${step}.safetensors`);
  }

  async #steps(): Promise<number[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map(Number);
  }
}
