/** `hpd rotate`: a model whose embeddings can be cut. */
import { counted } from "../common/numbers.ts";
import type { RotateModelResult } from "../train.ts";
import { defineCommand, optionalArgument } from "./command.ts";
import { loadOptions, loadSettings, namedModel } from "./model.ts";
import { progressSettings } from "./progress.ts";
import { sampleTextSettings, sampleTexts } from "./sample-texts.ts";
import { outSetting, weightsDtypeSetting } from "./settings/model-output.ts";
import { writeModel } from "./write-model.ts";

const { dtype: _, pooling: __, ...sourceSettings } = loadSettings;

export const rotateCommand = defineCommand({
  summary: "make a model's embeddings ones that can be cut to their first numbers",
  usage: "rotate [MODEL] --sentences FILE --out FOLDER [options]",
  about: `
    Learns a rotation of the model's embeddings from texts alone, and writes the model with it, a Dense module. The first
    numbers of an embedding then tell as much as can be of which texts are near (--truncate-dim of other commands,
    truncateDim, truncate_dim in Python); all of them together have the cosines that they had. It takes a minute or two for 384 dimensions.

    What is gained says the share of the ten nearest texts, by whole embeddings, that cut ones find, over texts that the
    rotation was not learnt from.`,
  sections: {
    Texts: {
      settings: {
        sentences: {
          kind: "texts",
          value: "FILE",
          required: true,
          help: "texts like those that the model is for: a file of lines, JSON, JSONL, CSV, TSV or Parquet",
        },
        ...sampleTextSettings,
        limit: { kind: "integer", value: "N", help: "number of texts that are drawn", defaultsTo: "20000" },
      },
    },
    Rotation: {
      settings: {
        dimensions: {
          kind: "integers",
          value: "N,N",
          expected: "positive integers as in 128,64",
          isValid: (value) => value > 0,
          help: "numbers of dimensions to cut to",
          defaultsTo: "a half, a quarter and an eighth of the model's",
        },
        "max-steps": { kind: "integer", value: "N", help: "steps of learning", defaultsTo: "400" },
        seed: { kind: "integer", value: "N", help: "random seed", defaultsTo: "42" },
      },
    },
    Output: {
      settings: {
        out: outSetting,
        "weights-dtype": weightsDtypeSetting,
        overwrite: { kind: "switch", help: "replace an existing model" },
        json: { kind: "switch", help: "print the result as JSON" },
        ...progressSettings,
      },
    },
    Model: { settings: sourceSettings },
  },
  notes:
    "Embeddings of the new model stand beside none of the old one: make an index again. Ctrl-C stops and writes nothing.",
  examples: {
    "all-MiniLM-L6-v2 for vectors of 128 and 64 numbers":
      "hpd rotate sentence-transformers/all-MiniLM-L6-v2 --sentences sentences.txt.gz \\\n" +
      "  --dimensions 128,64 --out minilm-rotated\n" +
      "hpd evaluate minilm-rotated --against sentence-transformers/all-MiniLM-L6-v2 --truncate-dim 64",
  },
  async run({ values, positionals, signal }) {
    const model = namedModel(optionalArgument(positionals, "MODEL"), {});
    // Imported here, so that other commands start without it.
    const { rotateModel } = await import("../train.ts");
    await writeModel(
      { values, signal },
      (reports) =>
        rotateModel({
          ...loadOptions({ ...values, dtype: undefined, pooling: undefined }),
          ...reports,
          dimensions: values.dimensions,
          limit: values.limit,
          maxSteps: values["max-steps"],
          seed: values.seed,
          weightsDtype: values["weights-dtype"],
          overwrite: values.overwrite,
          model,
          out: values.out,
          sentences: sampleTexts(values.sentences, values, signal),
        }),
      resultText,
    );
  },
});

function resultText({ out, learned, measured, cuts }: RotateModelResult): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `${out}: learnt from ${counted(learned, "text")}`,
    `of the ten texts nearest to each of ${counted(measured, "other")}, the first numbers find`,
    ...cuts.map(
      ({ dimensions, before, after }) =>
        `  ${String(dimensions).padStart(5)}  ${percent(after)}, before ${percent(before)}`,
    ),
  ].join("\n");
}
