/** `hpd info`: what a model consists of. */

import { printableLine } from "../common/printable.ts";
import { CrossEncoder, type CrossEncoderDescription } from "../cross-encoder/index.ts";
import { isCrossEncoder } from "../cross-encoder/is-cross-encoder.ts";
import { defaultModel, type ModelDescription, SentenceTransformer } from "../index.ts";
import { type Command, type CommandContext, stringFlag, UsageError } from "./command.ts";
import { loadOptions, modelFlags, modelFlagsHelp, tellingOn } from "./model.ts";
import { grouped, ProgressLine } from "./progress.ts";
import { print, printJson } from "./terminal.ts";

export const infoCommand: Command = {
  summary: "what a model consists of",
  help: `Usage: hpd info [MODEL] [options]

Loads a model and prints its architecture as model cards do, its size, its limits and what is unusual about it. Of a
cross-encoder, which scores pairs of texts, that it is one, and what its scores are.

  --json                   the same for programs

${modelFlagsHelp}

Examples:
  hpd info sentence-transformers/all-MiniLM-L6-v2
  hpd info cross-encoder/ms-marco-MiniLM-L6-v2
  hpd info ./my-model --json`,
  options: { ...modelFlags, json: { type: "boolean" } },
  async run(context) {
    const { flags, positionals } = context;
    if (positionals.length > 1) throw new UsageError(`one model at a time, got ${positionals.join(", ")}`);
    if (positionals.length > 0 && flags.model !== undefined) throw new UsageError("either MODEL or --model, not both");
    const description = await describe(context);
    if (flags.json) printJson(description);
    else print(`${readable(description)}\n`);
  },
};

async function describe(context: CommandContext): Promise<ModelDescription | CrossEncoderDescription> {
  const { flags, positionals, signal } = context;
  const name = positionals[0] ?? stringFlag(flags, "model") ?? defaultModel();
  const { pooling, ...others } = loadOptions(context);
  const line = new ProgressLine();
  const options = { ...others, signal, ...tellingOn(line) };
  try {
    // With a pooling, the tokens of a cross-encoder are what is asked for.
    const isPairs = pooling === undefined && (await isCrossEncoder(name, options));
    await using model = isPairs
      ? await CrossEncoder.load(name, options)
      : await SentenceTransformer.load(name, { ...options, ...(pooling && { pooling }) });
    return model.describe();
  } finally {
    line.clear();
  }
}

function readable(model: ModelDescription | CrossEncoderDescription): string {
  const modules =
    model.modelType === "CrossEncoder"
      ? [{ type: "Transformer", config: { ...model.config, num_labels: model.numLabels } }]
      : model.modules;
  const lines = modules.map(({ type, config }, index) => `  (${index}): ${type}(${JSON.stringify(config)})`);
  const given = Object.entries(model.prompts).filter(([, text]) => text !== "");
  const prompts = given.map(([name, text]) => `${name} ${JSON.stringify(text)}`);
  const facts: [string, string][] = [
    ...(model.modelType === "CrossEncoder" ? factsOfPairs(model) : factsOfEmbeddings(model)),
    ["prompts", prompts.join(", ") || "none"],
    ["default prompt", model.defaultPromptName ?? "none"],
  ];
  return [
    printableLine(model.name),
    "",
    `${model.modelType}(`,
    ...lines.map(printableLine),
    ")",
    "",
    ...facts.map(([name, value]) => `${name.padEnd(16)}${printableLine(value)}`),
    ...model.warnings.map((warning) => `${"unusual".padEnd(16)}${printableLine(warning)}`),
  ].join("\n");
}

function factsOfEmbeddings(model: ModelDescription): [string, string][] {
  return [
    ...size(model),
    ["dimension", String(model.dimension)],
    [
      "length",
      model.isNormalized ? "1" : "not 1: --normalize (normalizeEmbeddings) for a store that ranks by dot product",
    ],
    ["longest text", tokens(model.maxSeqLength)],
    ["vocabulary", `${grouped(model.vocabularySize)} tokens`],
    ["similarity", model.similarityFunction],
    ...(model.routes.length > 0 ? ([["routes", model.routes.join(", ")]] satisfies [string, string][]) : []),
  ];
}

function factsOfPairs(model: CrossEncoderDescription): [string, string][] {
  const { numLabels, labels } = model;
  const isReranker = numLabels === 1;
  return [
    ["scores", isReranker ? "1 for a pair of texts, as a reranker" : `${numLabels} for a pair: ${labels.join(", ")}`],
    ["activation", model.activationFn],
    [
      "to use it",
      isReranker
        ? 'hpd search --rerank MODEL, or CrossEncoder of "hpd/cross-encoder": rank, predict'
        : 'CrossEncoder of "hpd/cross-encoder": predictLabels',
    ],
    ...size(model),
    ["longest pair", tokens(model.maxLength)],
    ["vocabulary", `${grouped(model.vocabularySize)} tokens`],
  ];
}

function size(model: ModelDescription | CrossEncoderDescription): [string, string][] {
  return [
    ["family", model.family],
    ["parameters", grouped(model.parameters)],
    ["weights", `${(model.bytes / 1e6).toFixed(1)} MB, ${(model.fileBytes / 1e6).toFixed(1)} MB in files`],
  ];
}

function tokens(count: number): string {
  return Number.isFinite(count) ? `${grouped(count)} tokens` : "of any length";
}
