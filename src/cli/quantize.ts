/** `hpd quantize`: a model in 8-bit arithmetic, with ranges that are found once. */
import { counted, grouped, sizeText } from "../common/numbers.ts";
import type { QuantizeResult } from "../quantization/index.ts";
import { defineCommand, optionalArgument } from "./command.ts";
import { loadOptions, loadSettings, namedModel } from "./model.ts";
import { progressSettings } from "./progress.ts";
import { sampleTextSettings, sampleTexts } from "./sample-texts.ts";
import { outSetting } from "./settings/model-output.ts";
import { UsageError } from "./usage-error.ts";
import { writeModel } from "./write-model.ts";

const { dtype: _, ...sourceSettings } = loadSettings;

export const quantizeCommand = defineCommand({
  summary: "make a model a quarter in size and faster: int8, with ranges found once",
  usage: "quantize [MODEL] --out FOLDER [options]",
  about: `
    Writes a model whose weights are int8 with one scale per output channel, and whose activations are rounded to 8 bits in
    ranges that are found here, from texts. Outliers of activations are moved into the weights (SmoothQuant). The folder is
    used as any other, by its path, and computes in int8; it takes a quarter of the space.

    --dtype int8 needs no such folder, but measures the range of every token as it comes: it is slower, and a fifth as exact.

    A quarter of the texts is kept to measure with. If their embeddings are not near enough to those in float32, products
    of matrices that lose most are left in float32: see --min-cosine.`,
  sections: {
    Texts: {
      settings: {
        sentences: {
          kind: "texts",
          value: "FILE",
          help: "texts like those that the model is for, some hundred: a file of lines, JSON, JSONL, CSV, TSV or Parquet",
          defaultsTo: "several hundred English sentences and passages of many kinds",
        },
        ...sampleTextSettings,
        limit: { kind: "integer", value: "N", help: "maximum texts taken", defaultsTo: "1024" },
      },
    },
    Output: {
      settings: {
        out: outSetting,
        overwrite: { kind: "switch", help: "replace a model in --out" },
        "min-cosine": {
          kind: "number",
          value: "R",
          help:
            "mean cosine to the embeddings in float32 below which products are left in float32, each of which costs " +
            "speed and size; 0 rounds all",
          defaultsTo: "0.998",
        },
        json: { kind: "switch", help: "print the result as JSON" },
        ...progressSettings,
      },
    },
    Model: { settings: sourceSettings },
  },
  notes: `
    Python does not load the folder: its weights are in model.int8.safetensors, which sentence-transformers doesn't know. Keep
    the original for Python, and for hpd train and hpd distill. Ctrl-C stops and writes nothing.`,
  examples: {
    "Quantize a model on the hub, and use it":
      "hpd quantize sentence-transformers/all-MiniLM-L6-v2 --out minilm-int8\n" +
      'hpd similarity --model minilm-int8 "He plays guitar." "A man makes music."',
    "With your own texts": "hpd quantize ./my-model --sentences tickets.jsonl --field body --out my-model-int8",
    "What it costs, on your tasks": "hpd evaluate ./my-model-int8 --against ./my-model",
  },
  async run({ values, positionals, signal }) {
    const model = namedModel(optionalArgument(positionals, "MODEL"), {});
    if (values.out === "") throw new UsageError("--out should name a folder");
    // Imported here, so that other commands start without it.
    const { quantize } = await import("../quantization/index.ts");
    const { dtype: __, ...options } = loadOptions({ ...values, dtype: undefined });
    await writeModel(
      { values, signal },
      (reports) =>
        quantize({
          ...options,
          ...reports,
          sentences: values.sentences && sampleTexts(values.sentences, values, signal),
          limit: values.limit,
          minCosine: values["min-cosine"],
          overwrite: values.overwrite,
          model,
          out: values.out,
        }),
      resultText,
    );
  },
});

function resultText({ out, calibrated, measured, cosine, products, bytesBefore, bytes }: QuantizeResult): string {
  const left = products.filter(({ dtype }) => dtype === "fp32");
  const facts: [string, string][] = [
    ["folder", out],
    ["weights", `${sizeText(bytes)}, in float32 ${sizeText(bytesBefore)}`],
    ["ranges", `from ${counted(calibrated, "text")}`],
    [
      "cosine",
      `mean ${cosine.mean.toFixed(5)}, lowest ${cosine.lowest.toFixed(4)}, to float32 over ${grouped(measured)} other texts`,
    ],
    ["in int8", `${products.length - left.length} of ${products.length} products of matrices`],
    ...left.map(({ weights, loss }): [string, string] => [
      "in float32",
      `${weights.join(", ")}${loss === undefined ? "" : `, which would lose ${loss.toFixed(5)} by itself`}`,
    ]),
  ];
  return facts.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n");
}
