/** The parts of a loaded cross-encoder, for people and programs that want to know. */
import type { CrossEncoderActivation } from "./activations.ts";

export interface CrossEncoderDescription {
  readonly modelType: "CrossEncoder";
  /** The folder or the hub id. */
  readonly name: string;
  /** The class without its head: `BertModel`. */
  readonly family: string;
  /** Layers, widths and so on. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Numbers that training set. */
  readonly parameters: number;
  /** The size of the files that the weights were read from. */
  readonly fileBytes: number;
  /** The size of the weights as the network computes with them. */
  readonly bytes: number;
  /** Arithmetic of the network: see `ModelDescription`. */
  readonly arithmetic: "fp32" | "int8, stored" | "int8, dynamic";
  /** Scores of a pair. */
  readonly numLabels: number;
  /** The label of each score; empty where config.json names none. */
  readonly labels: readonly string[];
  /** The function applied to the network's scores. */
  readonly activationFn: CrossEncoderActivation;
  /** The most tokens of a pair. */
  readonly maxLength: number;
  readonly vocabularySize: number;
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | undefined;
  /** Everything unusual that was found at load. */
  readonly warnings: readonly string[];
}
