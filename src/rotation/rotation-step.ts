/**
 * One step of learning a rotation, as a graph: the rotation after a turn, and the slope of the loss along every further turn.
 *
 * In a batch, the similarities of an embedding to all others are a distribution: their softmax at a temperature, by which the
 * nearest count most. Cut embeddings learn that of the whole ones, in Kullback-Leibler divergence (SEED, Fang et al.,
 * arXiv 2101.04731), summed over the dimensions; labels aren't needed (Matryoshka-Adaptor, Yoon et al., arXiv 2407.20243).
 */
import { gradients } from "../autodiff/gradients.ts";
import { add, constant, input, multiply, normalize, slice, subtract } from "../graph/build.ts";
import { detach, logSumExp, matmul, softmax, sum, transpose } from "../graph/build-differentiable.ts";
import { decompose } from "../graph/decompose.ts";
import { compileForTraining } from "../graph/lower-training.ts";
import type { Node } from "../graph/node.ts";

const temperature = 0.05;

/**
 * The ONNX model of a step. Inputs: `embeddings` [batch, dimension] of length 1; `own` [batch, batch], which takes what is on its
 * diagonal out of the softmax; `rotation` and `turn` [dimension, dimension], of which the second is skew-symmetric. Outputs:
 * `loss`; `turned`, the rotation after the turn; `slopes` [dimension, dimension], skew-symmetric.
 */
export function rotationStep(dimension: number, dimensions: readonly number[]): Uint8Array {
  const embeddings = input("embeddings", "float32", ["batch", dimension]);
  const own = input("own", "float32", ["batch", "batch"]);
  const rotation = input("rotation", "float32", [dimension, dimension]);
  const turned = nearestRotation(add(rotation, matmul(input("turn", "float32", [dimension, dimension]), rotation)));

  const scoresOf = (x: Node) => add(matmul(x, x, { transposeB: true, scale: 1 / temperature }), own);
  const wanted = detach(softmax(scoresOf(embeddings)));
  const rotated = matmul(embeddings, turned, { transposeB: true });
  const losses = dimensions.map((cut) => {
    const scores = scoresOf(normalize(slice(rotated, 1, 0, cut)));
    // The divergence but for the entropy of what is wanted, which nothing changes.
    return sum(multiply(wanted, subtract(logSumExp(scores), scores)), [0, 1]);
  });
  const { graph } = decompose({ loss: losses.reduce(add), turned });
  const [byRotation] = gradients(graph.loss!, [graph.turned!]) as [Node];
  const products = matmul(byRotation, graph.turned!, { transposeB: true });
  return compileForTraining({ ...graph, slopes: subtract(products, transpose(products, [1, 0])) }, () => "");
}

/**
 * The rotation nearest to a matrix that is almost one, by Newton and Schulz's iteration, each of which squares what is missing:
 * the step along a tangent is taken back to the rotations.
 */
function nearestRotation(x: Node): Node {
  const iterated = (y: Node) =>
    subtract(multiply(y, constant(1.5)), matmul(matmul(y, y, { transposeB: true }), y, { scale: 0.5 }));
  return iterated(iterated(iterated(x)));
}
