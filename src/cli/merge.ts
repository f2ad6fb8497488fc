/** `hpd merge`: one model whose weights are the mean of several. */
import { defineCommand } from "./command.ts";
import { modelSettings } from "./model.ts";
import { progressSettings } from "./progress.ts";
import { outSetting, weightsDtypeSetting } from "./settings/model-output.ts";
import type { Sections } from "./settings/table.ts";
import { Stages } from "./stages.ts";
import { note } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { weightedModelOf } from "./weighted-model.ts";

const { token, "cache-folder": cacheFolder, offline } = modelSettings;

const sections = {
  Output: {
    settings: {
      out: outSetting,
      "weights-dtype": weightsDtypeSetting,
      overwrite: { kind: "switch", help: "replace an existing model" },
      ...progressSettings,
    },
  },
  Models: { settings: { token, "cache-folder": cacheFolder, offline } },
} as const satisfies Sections;

export const mergeCommand = defineCommand({
  summary: "average the weights of models that were trained from the same one",
  usage: "merge MODEL[=WEIGHT] MODEL[=WEIGHT]... --out FOLDER [options]",
  about: `
    Writes a model whose weights are the weighted mean of the models' (model soups, arXiv 2203.05482). Models that were
    trained from the same one, on other rows or with other settings, often give together a better one than each; the mean
    with the model that they started from keeps what training made it forget.

    MODEL is a folder, or an id on the Hugging Face hub. Weights are divided by their sum; without one, a model's is 1.
    All models need the same modules, tokens, and shapes of weights. The tokenizer and the prompts are those of the first.`,
  sections,
  notes: "A negative weight subtracts what training changed (task arithmetic, arXiv 2212.04089): tuned=1 base=-0.2.",
  examples: {
    "Keep more of the model that was trained further":
      "hpd merge my-model=0.6 sentence-transformers/all-mpnet-base-v2=0.4 --out merged",
    "The mean of two runs": "hpd merge run-1 run-2 --out merged",
  },
  async run({ values, positionals, signal }) {
    if (positionals.length < 2) {
      throw new UsageError(
        `expected two models at least, got ${positionals.length}: hpd merge MODEL MODEL --out FOLDER`,
      );
    }
    const stages = new Stages(values);
    try {
      // Imported here, so that other commands start without it.
      const { mergeModels } = await import("../train.ts");
      await mergeModels({
        models: positionals.map(weightedModelOf),
        out: values.out,
        weightsDtype: values["weights-dtype"],
        overwrite: values.overwrite,
        token: values.token,
        cacheFolder: values["cache-folder"],
        localFilesOnly: values.offline,
        signal,
        onProgress: ({ done, total }) => stages.show("weights", done, total),
        onWarning: note,
      });
    } finally {
      stages.end();
    }
    if (!values.quiet) note(`${values.out}: the mean of ${positionals.join(", ")}`);
  },
});
