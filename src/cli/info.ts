/** `hpd info`: the architecture, size and limits of a model. */

import { grouped, sizeText } from "../common/numbers.ts";
import { printableLine } from "../common/printable.ts";
import type { CrossEncoderDescription } from "../cross-encoder/index.ts";
import type { ModelDescription } from "../index.ts";
import type { SparseEncoderDescription } from "../sparse-encoder/index.ts";
import { defineCommand, optionalArgument } from "./command.ts";
import { loadAnyModel, modelSettings, namedModel } from "./model.ts";
import { print, printJson } from "./terminal.ts";

export const infoCommand = defineCommand({
  summary: "describe a model: architecture, size, limits",
  usage: "info [MODEL] [options]",
  about: `
    Loads a model and prints its architecture as model cards show it, its size, its limits and anything unusual about
    it. For a cross-encoder, which scores pairs of texts, also what its scores mean.`,
  sections: {
    Options: { settings: { json: { kind: "switch", help: "print the same as JSON" } } },
    Model: { settings: modelSettings },
  },
  examples: {
    "Describe a model on the hub": "hpd info sentence-transformers/all-MiniLM-L6-v2",
    "Describe a reranker": "hpd info cross-encoder/ms-marco-MiniLM-L6-v2",
    "Read the number of dimensions in a script": "hpd info ./my-model --json | jq .dimension",
  },
  async run(context) {
    const { values, positionals } = context;
    const name = namedModel(optionalArgument(positionals, "MODEL"), values);
    await using model = await loadAnyModel(name, context);
    const description = model.describe();
    if (values.json) printJson(description);
    else print(`${readable(description)}\n`);
  },
});

type AnyDescription = ModelDescription | CrossEncoderDescription | SparseEncoderDescription;

function readable(model: AnyDescription): string {
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

function factsOfEmbeddings(model: ModelDescription | SparseEncoderDescription): [string, string][] {
  return [
    ...size(model),
    ["dimension", String(model.dimension)],
    model.modelType === "SparseEncoder"
      ? ["active", model.maxActiveDims === undefined ? "as many as a text has" : `at most ${model.maxActiveDims}`]
      : [
          "length",
          model.isNormalized
            ? "1"
            : "not 1: use --normalize (normalizeEmbeddings) for a store that ranks by dot product",
        ],
    ...(model.modelType === "SparseEncoder"
      ? ([["usage", 'SparseEncoder of "hpd/sparse-encoder"']] satisfies [string, string][])
      : []),
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
    ["scores", isReranker ? "1 per pair of texts: a reranker" : `${numLabels} per pair: ${labels.join(", ")}`],
    ["activation", model.activationFn],
    [
      "usage",
      isReranker
        ? 'hpd search --rerank MODEL, or CrossEncoder of "hpd/cross-encoder": rank, predict'
        : 'CrossEncoder of "hpd/cross-encoder": predictLabels',
    ],
    ...size(model),
    ["longest pair", tokens(model.maxLength)],
    ["vocabulary", `${grouped(model.vocabularySize)} tokens`],
  ];
}

function size(model: AnyDescription): [string, string][] {
  return [
    ["family", model.family],
    ["parameters", grouped(model.parameters)],
    ["arithmetic", model.arithmetic],
    ["weights", `${sizeText(model.bytes)}, ${sizeText(model.fileBytes)} in files`],
  ];
}

function tokens(count: number): string {
  return Number.isFinite(count) ? `${grouped(count)} tokens` : "of any length";
}
