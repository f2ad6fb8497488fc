/**
 * A model to be trained: its modules, each in a folder of its own, so that parameter names are unique
 * (`2_Dense/linear.weight`), and the files that it is saved with.
 */
import { parseJsonObject } from "../../common/json.ts";
import { endless, textLimits } from "../../encode/load-tokenizer.ts";
import { type Prompts, parsePrompts, resolvePrompt } from "../../encode/prompts.ts";
import { HpdError } from "../../errors.ts";
import { topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { modelConfigName } from "../../modules/model-config.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import { Parameters } from "../../modules/parameters.ts";
import { pathIn } from "../../modules/read-json.ts";
import { type ModelFiles, moduleFolder } from "../../modules/save-modules.ts";
import { parseTextLengths, type TextKind } from "../../modules/transformer/text-lengths.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ModelTokenizer } from "../../tokenizer/build-tokenizer.ts";
import { promptLength } from "../../tokenizer/prompt-length.ts";
import { moduleConfigName } from "../../tokenizer/tokenizer-files.ts";

export class Student {
  readonly tokenizer: ModelTokenizer;
  readonly files: ModelFiles;
  /** The modules in order, a transformer or a StaticEmbedding first. */
  readonly modules: readonly Module[];
  /** Dimension of its embeddings. */
  readonly dimension: number;
  /** The tensors that embeddings depend on, by name. Others of a checkpoint, such as a pooler's, are only saved. */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;

  constructor(modules: readonly Module[], tokenizer: ModelTokenizer, files: ModelFiles) {
    this.tokenizer = tokenizer;
    this.files = files;
    this.modules = modules.map((module, index) => inFolder(module, moduleFolder(module, index)));
    const features = this.modules.reduce<Features>((before, module) => module.build(before), inputFeatures());
    const embedding = requireFeature("a student", features, "sentence_embedding");
    this.dimension = embedding.shape.at(-1) as number;
    this.parameters = new Map(
      topologicalOrder({ embedding }).flatMap(({ op, attributes }) =>
        op === "parameter" ? [[attributes.name, attributes.tensor as Tensor<"float32">]] : [],
      ),
    );
  }

  /** Maximum tokens of a text; Infinity for a model without a limit. */
  get maxSeqLength(): number {
    return this.tokenizer.maxLength === endless ? Number.POSITIVE_INFINITY : this.tokenizer.maxLength;
  }

  /** Maximum tokens of each kind of text, the same as of the saved model. */
  get limits(): Readonly<Record<TextKind, number>> {
    const input = this.modules[0]!;
    const { maxLength } = this.tokenizer;
    if (!isTransformer(input)) return { sentence: maxLength, query: maxLength, document: maxLength };
    const config = parseJsonObject(
      new TextDecoder().decode(this.files.inputFiles.get(moduleConfigName)),
      moduleConfigName,
    );
    return textLimits(this.tokenizer, { lengths: parseTextLengths(config, moduleConfigName) }, input, "a student");
  }

  /** The prompt of that name. @throws HpdError `invalid_argument` for an unknown name */
  prompt(name: string): string {
    return resolvePrompt(this.prompts, undefined, name);
  }

  /** The prompts of the model config. */
  get prompts(): Prompts {
    return parsePrompts(this.files.config, modelConfigName);
  }

  /** The length of a prompt in tokens, for pooling that excludes prompts. @param maxLength of a text, in tokens */
  promptLength(prompt: string, maxLength: number): number {
    return prompt === "" ? 0 : promptLength(this.tokenizer, prompt, maxLength);
  }

  /**
   * The same student with other parameters, such as views of shared memory.
   *
   * @param parameters with the names and shapes of `this.parameters`
   * @throws HpdError `invalid_model` for other names or shapes
   */
  withParameters(parameters: ReadonlyMap<string, Tensor<"float32">>): Student {
    for (const [name, { shape }] of this.parameters) {
      const other = parameters.get(name);
      if (other === undefined || String(other.shape) !== String(shape)) {
        throw new HpdError(
          "invalid_model",
          `the parameter ${name} should have shape [${shape}], got ${other ? `[${other.shape}]` : "none"}`,
        );
      }
    }
    const unknown = [...parameters.keys()].find((name) => !this.parameters.has(name));
    if (unknown !== undefined) throw new HpdError("invalid_model", `the student has no parameter ${unknown}`);
    const modules = this.modules.map((module) => {
      const { file, folder, tensors } = module.parameters;
      const others = new Map(
        [...tensors].map(([name, tensor]) => [name, parameters.get(pathIn(folder, name)) ?? tensor]),
      );
      return module.withParameters(new Parameters(file, folder, others));
    });
    return new Student(modules, this.tokenizer, this.files);
  }
}

function isTransformer(module: Module): module is Transformer {
  return "transformerConfig" in module;
}

function inFolder(module: Module, folder: string): Module {
  return module.withParameters(new Parameters(module.parameters.file, folder, module.parameters.tensors));
}
