/** Writes a quantized model as a folder. */
import { writeFolder } from "../files/write-folder.ts";
import { safetensorsParts } from "../formats/safetensors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import type { TransformerInput } from "../modules/input-module.ts";
import type { Module } from "../modules/module.ts";
import { Parameters } from "../modules/parameters.ts";
import { int8WeightsName, quantizedTensors } from "../modules/quantized-weights.ts";
import { savedFiles } from "../modules/save-modules.ts";
import type { Transformer } from "../modules/transformer/transformer.ts";
import { elementsOf } from "../tensor/lazy-tensor.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { readModelFiles } from "../training/student/model-files.ts";

export interface QuantizedModel {
  /** The source that the model was read from, for its tokenizer. */
  readonly source: ModelSource;
  /** The text of its README.md. */
  readonly card: string;
  readonly input: TransformerInput;
  readonly transformer: Transformer;
  /** The modules after the transformer. */
  readonly others: readonly Module[];
  /** The lines that its card gets, and the content of quantization.json. */
  readonly note: string;
  readonly report: object;
}

/** @returns the size of the weights, in bytes @throws HpdError `invalid_argument` where it can't be written */
export async function saveQuantized(model: QuantizedModel, folder: string, overwrite: boolean): Promise<number> {
  const { source, input, transformer, card, note, report } = model;
  const files = await readModelFiles(source, { kind: "Transformer", folder: input.folder, module: transformer });
  const parts = safetensorsParts(await tensorsOf(transformer), { format: "hpd-int8" });
  // Without weights of its own: they are in a file that Python doesn't know.
  const emptied = transformer.withParameters(new Parameters("", "", new Map()));
  const others = await Promise.all(model.others.map(inMemory));
  const contents: [string, Uint8Array | readonly Uint8Array[]][] = [
    ["README.md", new TextEncoder().encode(`${card.trimEnd()}\n\n${note}`.trimStart())],
    ["quantization.json", new TextEncoder().encode(`${JSON.stringify(report, undefined, 2)}\n`)],
    ...savedFiles([emptied, ...others], files, "float32"),
    [int8WeightsName, parts],
  ];
  await writeFolder(folder, contents, overwrite);
  const all = others.flatMap(({ parameters }) => [...parameters.tensors.values()]);
  return [...parts, ...all.map(({ data }) => data)].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

async function tensorsOf({ parameters }: Transformer): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of parameters.tensors) {
    if (tensor instanceof QuantizedTensor) {
      for (const [stored, part] of quantizedTensors(name, tensor)) tensors.set(stored, part);
    } else tensors.set(name, await elementsOf(tensor));
  }
  return tensors;
}

async function inMemory(module: Module): Promise<Module> {
  const { file, folder, tensors } = module.parameters;
  const read = new Map<string, Tensor<"float32">>();
  for (const [name, tensor] of tensors) read.set(name, await elementsOf(tensor));
  return module.withParameters(new Parameters(file, folder, read));
}
