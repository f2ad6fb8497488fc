/** The first module of a model, which determines the tokenizer. */
import { HpdError } from "../errors.ts";
import type { Module } from "./module.ts";
import type { TransformerSettings } from "./transformer/settings.ts";
import type { Transformer } from "./transformer/transformer.ts";

/** A union discriminated by `kind`: each has a tokenizer of its own sort. */
export type InputModule = TransformerInput | StaticInput | WordInput;

/** The first module of any model, a sparse encoder's too. */
export type AnyInput = InputModule | SparseStaticInput;

interface CommonInput {
  /** Folder of the module inside the model, with its tokenizer. */
  readonly folder: string;
  /** Number of ids that have an embedding, from 0 on. */
  readonly vocabularySize: number;
}

export interface TransformerInput extends CommonInput {
  readonly kind: "Transformer";
  readonly module: Transformer;
  readonly settings: TransformerSettings;
}

/**
 * StaticEmbedding: no special tokens, no maximum length but that of tokenizer.json, zeros for a text without tokens.
 */
export interface StaticInput extends CommonInput {
  readonly kind: "StaticEmbedding";
  readonly module: Module;
}

/** WordEmbeddings: no special tokens, no embedding for a text without known words. */
export interface WordInput extends CommonInput {
  readonly kind: "WordEmbeddings";
  readonly module: Module;
  /** Maximum words of a text. */
  readonly maxLength: number;
}

/** SparseStaticEmbedding: no special tokens, zeros for a text without tokens. */
export interface SparseStaticInput extends CommonInput {
  readonly kind: "SparseStaticEmbedding";
  readonly module: Module;
  /** The weight of each token, by its id. */
  readonly weights: Float32Array;
}

/** The modules of one path through a model. */
export interface Pipeline<Input extends AnyInput = InputModule> {
  readonly input: Input;
  /** All modules in order, the input module first. */
  readonly modules: readonly Module[];
}

export function transformerInput(folder: string, settings: TransformerSettings, module: Transformer): TransformerInput {
  return {
    kind: "Transformer",
    folder,
    settings,
    module,
    vocabularySize: module.transformerConfig.parsed.vocabularySize,
  };
}

/** The class of the network, such as `BertModel`, or of the table. */
export function familyOf(input: AnyInput): string {
  return input.kind === "Transformer" ? input.module.transformerConfig.family.className : input.kind;
}

/** Requires a Transformer. @throws HpdError `unsupported` naming the other kind and the purpose */
export function requireTransformer(input: InputModule, name: string, purpose: string): TransformerInput {
  if (input.kind === "Transformer") return input;
  throw new HpdError("unsupported", `${name}: ${purpose} needs a Transformer as the first module, got ${input.kind}`);
}
