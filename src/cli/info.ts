/** `hpd info`: what a model consists of. */

import { printableLine } from "../common/printable.ts";
import type { ModelDescription } from "../index.ts";
import { type Command, UsageError } from "./command.ts";
import { loadModel, modelFlags, modelFlagsHelp } from "./model.ts";
import { grouped } from "./progress.ts";
import { print, printJson } from "./terminal.ts";

export const infoCommand: Command = {
  summary: "what a model consists of",
  help: `Usage: hpd info [MODEL] [options]

Loads a model and prints its architecture as model cards do, its size, its limits and what is unusual about it.

  --json                   the same for programs

${modelFlagsHelp}

Examples:
  hpd info sentence-transformers/all-MiniLM-L6-v2
  hpd info ./my-model --json`,
  options: { ...modelFlags, json: { type: "boolean" } },
  async run(context) {
    const { flags, positionals } = context;
    if (positionals.length > 1) throw new UsageError(`one model at a time, got ${positionals.join(", ")}`);
    if (positionals.length > 0 && flags.model !== undefined) throw new UsageError("either MODEL or --model, not both");
    await using model = await loadModel(context, ...positionals);
    const description = model.describe();
    if (flags.json) printJson(description);
    else print(`${readable(description)}\n`);
  },
};

function readable(model: ModelDescription): string {
  const modules = model.modules.map(({ type, config }, index) => `  (${index}): ${type}(${JSON.stringify(config)})`);
  const given = Object.entries(model.prompts).filter(([, text]) => text !== "");
  const prompts = given.map(([name, text]) => `${name} ${JSON.stringify(text)}`);
  const facts: [string, string][] = [
    ["parameters", grouped(model.parameters)],
    ["weights", `${(model.bytes / 1e6).toFixed(1)} MB, ${(model.fileBytes / 1e6).toFixed(1)} MB in files`],
    ["dimension", String(model.dimension)],
    [
      "length",
      model.isNormalized ? "1" : "not 1: --normalize (normalizeEmbeddings) for a store that ranks by dot product",
    ],
    ["longest text", Number.isFinite(model.maxSeqLength) ? `${model.maxSeqLength} tokens` : "of any length"],
    ["vocabulary", `${grouped(model.vocabularySize)} tokens`],
    ["similarity", model.similarityFunction],
    ["prompts", prompts.join(", ") || "none"],
    ["default prompt", model.defaultPromptName ?? "none"],
  ];
  return [
    printableLine(model.name),
    "",
    "SentenceTransformer(",
    ...modules,
    ")",
    "",
    ...facts.map(([name, value]) => `${name.padEnd(16)}${printableLine(value)}`),
    ...model.warnings.map((warning) => `${"unusual".padEnd(16)}${printableLine(warning)}`),
  ].join("\n");
}
