/** What a checkpoint file may have become: any damage ends in an HpdError that says what to do, and leaves nothing open. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HpdError } from "../../../src/errors.ts";
import { encodeSafetensors } from "../../../src/formats/safetensors.ts";
import { Random } from "../../../src/random.ts";
import { elementsOf } from "../../../src/tensor/lazy-tensor.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { Checkpoints } from "../../../src/training/loop/checkpoints.ts";
import { startOfRun } from "../../../src/training/loop/loop-state.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-checkpoints-"));
afterAll(() => rm(folder, { recursive: true }));

const checkpoints = new Checkpoints(folder, "run");
const data = Float32Array.from({ length: 60 }, (_, index) => Math.sin(index));
const tensors = new Map<string, Tensor<"float32">>([
  ["weights", { dtype: "float32", shape: [12, 5], data }],
  ["weights.first", { dtype: "float32", shape: [60], data: data.map((value) => value / 2) }],
]);
const best = { step: 3, loss: 0.25, score: 0.5 };
const loop = { ...startOfRun, step: 7, samples: 70, seconds: 1.5, best, lastValidation: best, withoutImprovement: 1 };
const path = join(folder, "checkpoint-7.safetensors");
let whole: Buffer;

beforeAll(async () => {
  await checkpoints.save({ step: 3, tensors }, { ...loop, step: 3 });
  await checkpoints.save({ step: 7, tensors }, loop);
  whole = await readFile(path);
});

test("what was saved is read again", async () => {
  const latest = (await checkpoints.latest())!;
  expect(latest).toMatchObject({ learner: { step: 7 }, loop });
  expect([...latest.learner.tensors.keys()]).toEqual([...tensors.keys()]);
  for (const [name, tensor] of tensors) expect(await elementsOf(latest.learner.tensors.get(name)!)).toEqual(tensor);
});

test("any damage of bytes is found: the message names the file and what the run can go on from", async () => {
  const random = Random.fromText("damage");
  const openBefore = (await openFiles()).length;
  for (let run = 0; run < 600; run++) {
    const damaged = damage(whole, random);
    if (damaged.equals(whole)) continue;
    await writeFile(path, damaged);
    const error = await checkpoints.latest().catch((error) => error);
    expect(error, `run ${run}`).toBeInstanceOf(HpdError);
    expect(error.code, error.message).toBe("corrupt_file");
    expect(error.message).toMatch(
      /^the checkpoint .*checkpoint-7\.safetensors is damaged .*: delete it .* from checkpoint-3\.safet/,
    );
    expect(error.message.length).toBeLessThan(1000);
  }
  expect((await openFiles()).length).toBeLessThanOrEqual(openBefore + 2);
  await rm(path);
  expect((await checkpoints.latest())!.loop.step).toBe(3);
});

function damage(bytes: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(bytes);
  const at = random.nextInteger(bytes.length);
  switch (random.nextInteger(4)) {
    case 0:
      return damaged.subarray(0, at);
    case 1:
      return Buffer.concat([damaged, damaged.subarray(0, at + 1)]);
    case 2:
      // Zeros, as of a block that was never written.
      return damaged.fill(0, at, Math.min(bytes.length, at + 1 + random.nextInteger(64)));
    default:
      damaged[at]! ^= 1 << random.nextInteger(8);
      return damaged;
  }
}

/** The files that this process has open, where the system tells. */
function openFiles(): Promise<string[]> {
  return readdir("/proc/self/fd").catch(() => []);
}

describe("a safetensors file that is no checkpoint", () => {
  test.each([
    ["no metadata", undefined],
    ["no loop", { run: "run" }],
    ["no checksum", { run: "run", loop: JSON.stringify(loop) }],
    ["another checksum", { run: "run", loop: JSON.stringify(loop), crc32: "0" }],
  ])("%s", async (_, metadata) => {
    await writeFile(path, encodeSafetensors(tensors, metadata));
    await expect(checkpoints.at(7)).rejects.toMatchObject({
      code: "corrupt_file",
      message: expect.stringMatching(/is damaged \(its checksum doesn't match\)/),
    });
  });

  test("one of another step, or whose loop is none, though its checksum is right", async () => {
    for (const state of [
      { ...loop, step: 8 },
      { ...loop, position: undefined },
      { ...loop, best: { step: 3 } },
    ]) {
      const other = new Checkpoints(join(folder, "other"), "run");
      await other.save({ step: 7, tensors }, state as typeof loop);
      const [name] = await readdir(other.folder);
      await writeFile(join(other.folder, "checkpoint-7.safetensors"), await readFile(join(other.folder, name!)));
      await expect(other.at(7)).rejects.toMatchObject({
        code: "corrupt_file",
        message: expect.stringMatching(/should hold the state of the run after 7 steps/),
      });
      await rm(other.folder, { recursive: true });
    }
  });
});
