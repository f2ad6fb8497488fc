/**
 * The checkpoints of a run, in a folder of its own: one safetensors file each, whose metadata says where the run stood
 * and of which run it is. Kept are the latest and the one of the best validation so far. A file has its name only when
 * it is whole and on the disk, and those that it replaces are removed after that: whenever the process dies, what is
 * there is good.
 */
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import { isObject, type JsonObject, parseJsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { openSafetensors, safetensorsParts } from "../../formats/safetensors.ts";
import { openFile } from "../../hub/file-byte-source.ts";
import { elementsOf, LazyTensor } from "../../tensor/lazy-tensor.ts";
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
    await makeFolder(this.folder);
    const metadata = { run: this.#run, loop: JSON.stringify(loop) };
    const checksum = await checksumOf(learner.tensors, metadata);
    await replaceFile(path, safetensorsParts(learner.tensors, { ...metadata, crc32: checksum }));
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

  /**
   * The learner and the loop after so many updates. Their bytes are those that were written; each tensor is read again when
   * it is needed, so that they aren't all in memory beside the learner's own.
   *
   * @throws HpdError as `latest`
   */
  async at(step: number): Promise<{ learner: LearnerState; loop: LoopState }> {
    const path = this.#path(step);
    const source = await openFile(path);
    try {
      const file = await openSafetensors(source);
      const stored = [...file.tensors].map(
        ([name, { shape }]) => [name, { shape, read: () => file.read(name) }] as const,
      );
      const { crc32: checksum, run = "", loop = "" } = file.metadata;
      if (checksum !== (await checksumOf(lazily(stored), { run, loop }))) throw await this.#damaged(path);
      if (run !== this.#run) {
        throw new HpdError(
          "invalid_argument",
          `${path} is of another run: its recipe, its sentences or its teachers were others. ` +
            "Go on with what it was started with, or start anew (`overwrite: true`).",
        );
      }
      const later = stored.map(([name, { shape }]) => [name, { shape, read: () => readTensor(path, name) }] as const);
      return { learner: { step, tensors: lazily(later) }, loop: loopState(parseJsonObject(loop, path), step, path) };
    } catch (error) {
      // What of a checkpoint can't be read, whatever it is.
      const isDamage = error instanceof HpdError && ["corrupt_file", "unsupported"].includes(error.code);
      throw isDamage ? await this.#damaged(path, error) : error;
    } finally {
      await source.close();
    }
  }

  async #damaged(path: string, cause?: HpdError): Promise<HpdError> {
    const others = (await this.#steps()).map((step) => this.#path(step)).filter((other) => other !== path);
    const next =
      others.length > 0
        ? `Delete it: the run goes on from ${others.map((other) => basename(other)).join(" or ")}.`
        : "There is none to go on from beside it: start anew (`overwrite: true`).";
    const problem = cause === undefined ? "its bytes are not those that were written" : cause.message;
    return new HpdError("corrupt_file", `the checkpoint ${path} is damaged: ${problem} ${next}`, { cause });
  }

  #path(step: number): string {
    return join(this.folder, `checkpoint-${step}.safetensors`);
  }

  async #steps(): Promise<number[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map(Number);
  }
}

function lazily(
  stored: readonly (readonly [string, { readonly shape: readonly number[]; read(): Promise<Tensor> }])[],
): Map<string, Tensor<"float32">> {
  return new Map(stored.map(([name, { shape, read }]) => [name, new LazyTensor("float32", shape, read)]));
}

async function readTensor(path: string, name: string): Promise<Tensor> {
  const source = await openFile(path);
  try {
    return await (await openSafetensors(source)).read(name);
  } finally {
    await source.close();
  }
}

/** CRC-32 of all that a checkpoint holds. */
async function checksumOf(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: { readonly run: string; readonly loop: string },
): Promise<string> {
  let checksum = crc32(JSON.stringify(metadata));
  for (const [name, tensor] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { dtype, shape, data } = await elementsOf(tensor);
    checksum = crc32(JSON.stringify([name, dtype, shape]), checksum);
    checksum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), checksum);
  }
  return checksum.toString(16);
}

/** @throws HpdError `corrupt_file` where it is none: what another program wrote has a checksum of its own, at best */
function loopState(state: JsonObject, step: number, path: string): LoopState {
  const { position, samples, seconds, lastValidation, best, withoutImprovement } = state;
  const isWhole = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
  const isValidation = (value: unknown) =>
    value === undefined || (isObject(value) && isWhole(value.step) && Number.isFinite(value.loss));
  const isSound =
    state.step === step &&
    isObject(position) &&
    [position.epoch, position.batch, samples, withoutImprovement].every(isWhole) &&
    Number.isFinite(seconds) &&
    [lastValidation, best].every(isValidation);
  if (isSound) return state as unknown as LoopState;
  throw new HpdError("corrupt_file", `${path} doesn't say where the run stood after ${step} steps.`);
}
