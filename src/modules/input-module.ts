/** The first module of a model: it says what becomes of a text before the network. */
import { HpdError } from "../errors.ts";
import type { Module } from "./module.ts";
import type { TransformerSettings } from "./transformer/settings.ts";
import type { Transformer } from "./transformer/transformer.ts";

/** Told apart by `kind`: each has a tokenizer of its own sort. */
export type InputModule = TransformerInput | StaticInput | WordInput;

interface CommonInput {
  /** Of the module inside the model; its tokenizer lies there. */
  readonly folder: string;
  /** Ids from 0 on that have an embedding. */
  readonly vocabularySize: number;
}

export interface TransformerInput extends CommonInput {
  readonly kind: "Transformer";
  readonly module: Transformer;
  readonly settings: TransformerSettings;
}

/** StaticEmbedding: no special tokens, no length but that of tokenizer.json, and a text without tokens has zeros. */
export interface StaticInput extends CommonInput {
  readonly kind: "StaticEmbedding";
  readonly module: Module;
}

/** WordEmbeddings: no special tokens either, and a text without known words has none. */
export interface WordInput extends CommonInput {
  readonly kind: "WordEmbeddings";
  readonly module: Module;
  /** The most words of a text. */
  readonly maxLength: number;
}

/** A text's way through a model. */
export interface Pipeline {
  readonly input: InputModule;
  /** All of them in order, the input module first. */
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

/** The class whose network embeds the tokens, or that of the table. */
export function familyOf(input: InputModule): string {
  return input.kind === "Transformer" ? input.module.transformerConfig.family.className : input.kind;
}

/** @throws HpdError `unsupported` naming the other kind, and what can't be done with it */
export function requireTransformer(input: InputModule, name: string, purpose: string): TransformerInput {
  if (input.kind === "Transformer") return input;
  throw new HpdError("unsupported", `${name}: ${purpose} needs a Transformer as the first module, got ${input.kind}`);
}
