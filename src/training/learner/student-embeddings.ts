/** The embeddings that a loss takes: those of the student, and for some losses those of its lower layers. */
import { HpdError } from "../../errors.ts";
import { concat } from "../../graph/build.ts";
import type { Node } from "../../graph/node.ts";
import { shareNodes } from "../../graph/share-nodes.ts";
import type { Features } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";

export interface StudentEmbeddings {
  /** The student's embeddings, and beside them those of its lower layers from 0 on: [batch, width] */
  readonly all: Node;
  /** Dimension of the student's embeddings. */
  readonly dimension: number;
  /** Number of lower layers in `all`. */
  readonly layers: number;
}

/** @throws HpdError `unsupported` for layers of a model without a transformer */
export function studentEmbeddings(
  modules: readonly Module[],
  given: Features,
  takesLayers: boolean,
): StudentEmbeddings {
  const [first, ...rest] = modules as [Module, ...Module[]];
  const embeddingsOf = (features: Features) => {
    const whole = rest.reduce((before, module) => module.build(before), features);
    return requireFeature("training", whole, "sentence_embedding");
  };
  const last = embeddingsOf(first.build(given));
  const dimension = last.shape[1] as number;
  if (!takesLayers) return { all: last, dimension, layers: 0 };
  const { depth } = first;
  if (depth === undefined) {
    throw new HpdError("unsupported", `adaptiveLayer needs a model with a Transformer, got ${first.type}`);
  }
  const lower = Array.from({ length: depth.layers }, (_, layers) => embeddingsOf(depth.build(given, layers)));
  const { all } = shareNodes({ all: concat([last, ...lower]) });
  return { all: all!, dimension, layers: lower.length };
}
