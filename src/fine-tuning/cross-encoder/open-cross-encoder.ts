/**
 * A cross-encoder to be trained: one that is there, or an encoder with a new classification head. Source:
 * sentence-transformers 6.2, `CrossEncoder.__init__` and `save_pretrained`.
 */
import { openModel } from "#hub";
import type { JsonObject } from "../../common/json.ts";
import { defined, type Optional } from "../../common/optional.ts";
import { pairFeatures, requireRightPadding, requireTypes } from "../../cross-encoder/pair-features.ts";
import { loadTokenizer } from "../../encode/load-tokenizer.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSource, ModelSourceOptions } from "../../hub/model-source.ts";
import { type TransformerInput, transformerInput } from "../../modules/input-module.ts";
import { loadCrossEncoder, looksLikeCrossEncoder } from "../../modules/load-cross-encoder.ts";
import type { Module } from "../../modules/module.ts";
import { readModuleEntries } from "../../modules/module-entries.ts";
import { refuseChatTemplate } from "../../modules/plain-transformer.ts";
import type { ModelFiles } from "../../modules/save-modules.ts";
import { longestText } from "../../modules/transformer/family.ts";
import { classifierClassOf, scoringTransformer } from "../../modules/transformer/scoring-transformer.ts";
import { plainSettings } from "../../modules/transformer/settings.ts";
import { loadTransformer, savedConfig } from "../../modules/transformer/transformer.ts";
import { Random } from "../../random.ts";
import type { ModelTokenizer } from "../../tokenizer/build-tokenizer.ts";
import { moduleConfigName } from "../../tokenizer/tokenizer-files.ts";
import { withNewHead } from "../../training/student/initial-parameters.ts";
import { jsonFile, readTokenizer } from "../../training/student/model-files.ts";
import { Student } from "../../training/student/student.ts";
import { warnOfOwnCode } from "../../training/student/student-input.ts";

export interface OpenCrossEncoderOptions extends Optional<ModelSourceOptions> {
  /** A model folder, or an id on the hub. */
  readonly model: string;
  /** Scores of a pair. Default: those of the model, or as many as there are `labels`, or 1. */
  readonly numLabels?: number | undefined;
  /** The name of each score. Default: those of the model. */
  readonly labels?: readonly string[] | undefined;
  /** Seed of a new head's weights. */
  readonly seed: number;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface CrossEncoderStudent {
  /** Its embeddings are the scores of pairs, without activation. */
  readonly student: Student;
  readonly tokenizer: ModelTokenizer;
  /** The most tokens of a pair. */
  readonly maxLength: number;
  /** Whether its network takes token types, which tell two texts apart. */
  readonly hasTypes: boolean;
  /** Names of the scores. */
  readonly labels: readonly string[];
  readonly hasNewHead: boolean;
}

/** The classes that Python applies to scores, where the model doesn't say another. */
const activations = { one: "torch.nn.modules.activation.Sigmoid", several: "torch.nn.modules.linear.Identity" };

/** @throws HpdError `invalid_argument` for labels that the model doesn't have; as loading does */
export async function openCrossEncoder(options: OpenCrossEncoderOptions): Promise<CrossEncoderStudent> {
  const { model, onWarning = () => {} } = options;
  const source = await openModel(model, defined(options));
  const hasHead = await looksLikeCrossEncoder(source);
  const { input, labels, config, saved } = hasHead
    ? await withOwnHead(source, options, onWarning)
    : await withDrawnHead(source, options, onWarning);
  warnOfOwnCode(input.module, model, onWarning);
  const { tokenizer, limits } = await loadTokenizer(source, input);
  requireRightPadding(tokenizer, source.name);
  const maxLength = Math.min(limits.sentence, longestText(input.module.transformerConfig.parsed));
  const module = scoringTransformer(input.module, labels.length, saved);
  const hasTypes = requireKnownTypes(module, tokenizer, maxLength, source.name);
  const files: ModelFiles = { inputFiles: await inputFilesOf(source, input), config };
  return {
    student: new Student([module], tokenizer, files),
    tokenizer,
    maxLength,
    hasTypes,
    labels,
    hasNewHead: !hasHead,
  };
}

interface Start {
  readonly input: TransformerInput;
  readonly labels: readonly string[];
  /** The new contents of config_sentence_transformers.json and (`saved`) config.json. */
  readonly config: JsonObject;
  readonly saved: JsonObject;
}

async function withOwnHead(
  source: ModelSource,
  { numLabels, labels }: OpenCrossEncoderOptions,
  onWarning: (message: string) => void,
): Promise<Start> {
  const loaded = await loadCrossEncoder(source, onWarning);
  const asked = labels?.length ?? numLabels ?? loaded.numLabels;
  if (asked !== loaded.numLabels) {
    throw new HpdError(
      "invalid_argument",
      `${source.name} is a cross-encoder with ${loaded.numLabels} ${loaded.numLabels === 1 ? "label" : "labels"}, got ` +
        `${asked}: start from a model without a head to have another number of them`,
    );
  }
  const names = labels ?? (loaded.labels.length > 0 ? loaded.labels : labelNames(loaded.numLabels));
  const { prompts = {}, default_prompt_name = null } = loaded.config;
  return {
    input: loaded.input,
    labels: names,
    ...configsOf(loaded.input, names, loaded.activation, { prompts, default_prompt_name }),
  };
}

async function withDrawnHead(
  source: ModelSource,
  { numLabels, labels, seed }: OpenCrossEncoderOptions,
  onWarning: (message: string) => void,
): Promise<Start> {
  const isPlain = !source.files.includes("modules.json");
  if (isPlain) await refuseChatTemplate(source);
  const folder = isPlain ? "" : await transformerFolder(source);
  const names = labels ?? labelNames(numLabels ?? 1);
  const encoder = await loadTransformer(source, folder, { settings: plainSettings, onWarning });
  // Of a model that embeds texts Python takes the transformer alone, at the length of its tokenizer.
  const input = transformerInput(folder, plainSettings, withNewHead(encoder, names.length, new Random(seed)));
  return {
    input,
    labels: names,
    ...configsOf(input, names, undefined, { prompts: {}, default_prompt_name: null }),
  };
}

async function transformerFolder(source: ModelSource): Promise<string> {
  const [first] = await readModuleEntries(source);
  if (first?.type === "Transformer") return first.path;
  throw new HpdError(
    "unsupported",
    `${source.name}: a cross-encoder needs a Transformer as the first module, got ${first?.type}`,
  );
}

function labelNames(count: number): string[] {
  return Array.from({ length: count }, (_, label) => `LABEL_${label}`);
}

/** The config files in the format of version 6, with the activation also where versions 4 and 5 look for it. */
function configsOf(
  { module }: TransformerInput,
  labels: readonly string[],
  activation: unknown,
  prompts: JsonObject,
): Pick<Start, "config" | "saved"> {
  const activation_fn = activation ?? activations[labels.length === 1 ? "one" : "several"];
  const { num_labels: _, ...others } = savedConfig(module.transformerConfig);
  return {
    config: { model_type: "CrossEncoder", ...prompts, activation_fn },
    saved: {
      ...others,
      architectures: [classifierClassOf(module)],
      id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
      label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
      sentence_transformers: { activation_fn },
    },
  };
}

async function inputFilesOf(
  source: ModelSource,
  { folder, settings }: TransformerInput,
): Promise<Map<string, Uint8Array>> {
  const { files } = await readTokenizer(source, folder, settings);
  const { maxSeqLength, doLowerCase, lengthKeys } = settings;
  const config = {
    transformer_task: "sequence-classification",
    modality_config: { text: { method: "forward", method_output_name: "logits" } },
    module_output_name: "scores",
    ...(maxSeqLength !== undefined && { max_seq_length: maxSeqLength }),
    ...(doLowerCase && { do_lower_case: true }),
    ...lengthKeys,
  };
  return files.set(moduleConfigName, jsonFile(config));
}

/** @returns whether the network looks at the types of tokens */
function requireKnownTypes(module: Module, tokenizer: ModelTokenizer, maxLength: number, name: string): boolean {
  const features = pairFeatures(tokenizer, maxLength);
  const scores = module.build(features).sentence_embedding!;
  requireTypes({ scores }, tokenizer, maxLength, name);
  return features.token_type_ids !== undefined;
}
