/** The embeddings that a loss is given: of the whole student, or of every layer of it. */
import { HpdError } from "../../errors.ts";
import { concat } from "../../graph/build.ts";
import type { Node } from "../../graph/node.ts";
import { shareNodes } from "../../graph/share-nodes.ts";
import type { Features } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";

export interface StudentEmbeddings {
  /** Side by side: the student's, then, where layers are wanted, those of its lower layers from 0 on: [batch, width] */
  readonly all: Node;
  /** Of the student's own. */
  readonly dimension: number;
  /** Layers below the last one; 0 where they aren't wanted. */
  readonly layers: number;
}

/** @throws HpdError `unsupported` where layers are wanted of a model without a transformer */
export function studentEmbeddings(
  modules: readonly Module[],
  given: Features,
  wantsLayers: boolean,
): StudentEmbeddings {
  const [first, ...rest] = modules as [Module, ...Module[]];
  const embeddingsOf = (features: Features) => {
    const whole = rest.reduce((before, module) => module.build(before), features);
    return requireFeature("training", whole, "sentence_embedding");
  };
  const last = embeddingsOf(first.build(given));
  const dimension = last.shape[1] as number;
  if (!wantsLayers) return { all: last, dimension, layers: 0 };
  const { depth } = first;
  if (depth === undefined) {
    throw new HpdError("unsupported", `adaptiveLayer needs a model with a Transformer, got ${first.type}`);
  }
  const lower = Array.from({ length: depth.layers }, (_, layers) => embeddingsOf(depth.build(given, layers)));
  const { all } = shareNodes({ all: concat([last, ...lower]) });
  return { all: all!, dimension, layers: lower.length };
}
