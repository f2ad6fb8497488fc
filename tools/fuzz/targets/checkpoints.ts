/** Files of weights with damaged bytes. */
import { readdirSync, readFileSync } from "node:fs";
import { openSafetensors } from "../../../src/formats/safetensors.ts";
import { openTorchCheckpoint } from "../../../src/formats/torch-checkpoint.ts";
import { memorySource } from "../../../src/hub/memory-byte-source.ts";
import { elementCount } from "../../../src/tensor/tensor.ts";
import { mutateBytes, pick } from "../mutate.ts";
import type { Target } from "../target.ts";

const folder = new URL("../../../test/gold/formats/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => /\.(bin|safetensors)$/.test(name))
  .map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(name, folder))) }));

export const checkpoints: Target = {
  name: "checkpoints",
  input(random) {
    const { name, bytes } = pick(random, files);
    const damaged = mutateBytes(random, bytes);
    return {
      shown: `${name} as base64: ${Buffer.from(damaged).toString("base64")}`,
      async read() {
        const open = name.endsWith(".bin") ? openTorchCheckpoint : openSafetensors;
        const file = await open(memorySource(name, damaged));
        for (const [tensor, { shape }] of file.tensors) {
          const { data } = await file.read(tensor);
          if (data.length !== elementCount(shape)) throw new Error(`${tensor} has ${data.length} elements`);
        }
      },
    };
  },
};
