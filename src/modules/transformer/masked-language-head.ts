/**
 * The heads of transformers' `...ForMaskedLM`, from token embeddings to a logit for each token of the vocabulary. Source:
 * transformers 5.23, the modeling file of each family, and `PreTrainedModel.tie_weights`.
 */
import { HpdError } from "../../errors.ts";
import * as graph from "../../graph/build.ts";
import type { Node } from "../../graph/node.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { type Features, inputFeatures } from "../features.ts";
import { requireFeature } from "../module.ts";
import { linearOf, whichOf } from "./layers/rotary-attention.ts";
import { layerNorm, Scope } from "./layers/scope.ts";
import { type LoadTransformerOptions, loadTransformer, type Transformer } from "./transformer.ts";

/**
 * Loads a transformer whose `token_embeddings` are the logits of its masked language head, [batch, sequence, vocabulary].
 *
 * @throws HpdError as `loadTransformer`; `unsupported` for a family whose head is not known
 */
export async function loadMaskedTransformer(
  source: ModelSource,
  folder: string,
  options: Omit<LoadTransformerOptions, "head">,
): Promise<Transformer> {
  const head = (recorded: Transformer): void => void buildMaskedLanguageHead(recorded, recorded.build(inputFeatures()));
  return maskedTransformer(await loadTransformer(source, folder, { ...options, head }));
}

function maskedTransformer(transformer: Transformer): Transformer {
  return {
    ...transformer,
    config: { ...transformer.config, transformer_task: "fill-mask" },
    build(features) {
      const all = transformer.build(features);
      return { ...all, token_embeddings: buildMaskedLanguageHead(transformer, all) };
    },
    withParameters: (others) => maskedTransformer(transformer.withParameters(others)),
  };
}

/** The logits, [batch, sequence, vocabulary]. @throws HpdError `invalid_model` for missing weights */
function buildMaskedLanguageHead(transformer: Transformer, features: Features): Node {
  const { transformerConfig, parameters, scope: model } = transformer;
  const { family, parsed, file } = transformerConfig;
  if (family.maskedHead === undefined) {
    throw new HpdError("unsupported", `${file}: the masked language head of a ${family.className} is not known`);
  }
  const { hiddenSize, epsilon, vocabularySize } = parsed;
  const head = family.maskedHead(parsed);
  const { biases = { dense: true, norm: true, decoder: true }, width = hiddenSize } = head;
  const root = new Scope(parameters, "");
  const tokens = requireFeature("Transformer", features, "token_embeddings");
  const dense = linearOf(root.at(head.dense), hiddenSize, width, { bias: biases.dense });
  const norms = [head.norm].flat();
  const which = whichOf(
    root,
    norms.map((name) => `${name}.weight`),
  );
  const norm = layerNorm(root.at(norms[which]!), width, epsilon, { bias: biases.norm });
  const hidden = norm(graph.activation(dense(graph.reshape(tokens, ["tokens", hiddenSize])), head.activation));

  // Where a checkpoint has both of two tied weights they are equal, or not tied.
  const isTied = transformerConfig.json.tie_word_embeddings !== false;
  const decoder = root.at(head.decoder);
  const shape = [vocabularySize, width];
  const table = isTied && !decoder.has("weight") ? model.at(head.table) : decoder;
  const bias = biases.decoder ? decoderBias(root, decoder, isTied ? head.bias : undefined, vocabularySize) : undefined;
  const logits = graph.linear(hidden, table.get("weight", shape), bias);
  return graph.reshape(logits, ["batch", "sequence", vocabularySize]);
}

/** @param otherName of the same weight, which is requested too where it is stored */
function decoderBias(root: Scope, decoder: Scope, otherName: string | undefined, size: number): Node {
  const other = otherName !== undefined && root.has(otherName) ? root.get(otherName, [size]) : undefined;
  return other !== undefined && !decoder.has("bias") ? other : decoder.get("bias", [size]);
}
