/**
 * The checkpoints of a run, in a folder of its own: one safetensors file each, with the run's name and the loop's state
 * in its metadata. The latest and the one of the best validation are kept. A file gets its name only when it is
 * complete and on the disk, and only then are older ones removed: whenever the process dies, what is there is valid.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import { isObject, type JsonObject, parseJsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { replaceFile } from "../../files/replace-file.ts";
import type { ByteSource } from "../../formats/byte-source.ts";
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

  /** @param run the name of the run (`runName`); checkpoints of another one are refused */
  constructor(folder: string, run: string) {
    this.folder = folder;
    this.#run = run;
  }

  /** @returns the path @throws HpdError `invalid_argument` for a failed write, as on a full disk: older ones stay */
  async save(learner: LearnerState, loop: LoopState): Promise<string> {
    const path = this.#path(loop.step);
    await makeFolder(this.folder);
    const metadata = { run: this.#run, loop: JSON.stringify(loop) };
    const checksum = await checksumOf(learner.tensors, metadata);
    await replaceFile(path, safetensorsParts(learner.tensors, { ...metadata, crc32: checksum }));
    // Removes half-written files of a killed process, too.
    const kept = [loop.step, loop.best?.step ?? loop.step].map((step) => basename(this.#path(step)));
    for (const name of await readdir(this.folder)) {
      if (!kept.includes(name)) await rm(join(this.folder, name), { force: true });
    }
    return path;
  }

  /** The latest checkpoint; undefined if there is none. @throws HpdError `invalid_argument`, `corrupt_file` */
  async latest(): Promise<{ learner: LearnerState; loop: LoopState } | undefined> {
    const steps = await this.#steps();
    return steps.length === 0 ? undefined : this.at(Math.max(...steps));
  }

  /**
   * The checkpoint after a number of updates. Its checksum is verified; its tensors are lazy, so that they aren't all
   * in memory beside the learner's own.
   *
   * @throws HpdError as `latest`
   */
  async at(step: number): Promise<{ learner: LearnerState; loop: LoopState }> {
    const path = this.#path(step);
    const { size } = await stat(path);
    try {
      const file = await openSafetensors({
        ...{ name: path, size, close: async () => {} },
        read: (...range) => readOnce(path, range),
      });
      const tensors = new Map(
        [...file.tensors].map(([name, { shape }]) => [name, new LazyTensor("float32", shape, () => file.read(name))]),
      );
      const { crc32: checksum, run = "", loop = "" } = file.metadata;
      if (checksum !== (await checksumOf(tensors, { run, loop }))) throw await this.#damaged(path);
      if (run !== this.#run) {
        throw new HpdError(
          "invalid_argument",
          `${path} belongs to another run, with another recipe or other data: ` +
            "resume with the options it was started with, or start over (`overwrite: true`)",
        );
      }
      return { learner: { step, tensors }, loop: loopState(parseJsonObject(loop, path), step, path) };
    } catch (error) {
      // Any part of a checkpoint that can't be read.
      const isDamage = error instanceof HpdError && ["corrupt_file", "unsupported"].includes(error.code);
      throw isDamage ? await this.#damaged(path, error) : error;
    }
  }

  async #damaged(path: string, cause?: HpdError): Promise<HpdError> {
    const others = (await this.#steps()).map((step) => this.#path(step)).filter((other) => other !== path);
    const next =
      others.length > 0
        ? `delete it to resume from ${others.map((other) => basename(other)).join(" or ")}`
        : "there is no other one, start over (`overwrite: true`)";
    const problem = cause === undefined ? "its checksum doesn't match" : cause.message;
    return new HpdError("corrupt_file", `the checkpoint ${path} is damaged (${problem}): ${next}`, { cause });
  }

  #path(step: number): string {
    return join(this.folder, `checkpoint-${step}.safetensors`);
  }

  async #steps(): Promise<number[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map(Number);
  }
}

/** Bytes of a file that is open only meanwhile. */
async function readOnce(path: string, range: Parameters<ByteSource["read"]>): Promise<Uint8Array> {
  const source = await openFile(path);
  try {
    return await source.read(...range);
  } finally {
    await source.close();
  }
}

/** CRC-32 of tensors and metadata, in hexadecimal. */
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

/** @throws HpdError `corrupt_file` for a state that isn't valid, as a file of another program may hold */
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
  throw new HpdError("corrupt_file", `${path} should hold the state of the run after ${step} steps`);
}
