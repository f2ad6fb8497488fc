/**
 * Reverse-mode differentiation, graph to graph: one walk from the loss back to the targets.
 * Source: `compute_gradient` of tinygrad (mixin/gradient.py) for the shape of the walk.
 */
import { HpdError } from "../errors.ts";
import { add, constant, reshape } from "../graph/build.ts";
import { sum } from "../graph/build-differentiable.ts";
import { type AnyNode, type Dimension, type Node, topologicalOrder } from "../graph/node.ts";
import { gradientRules } from "./rules.ts";

/**
 * @param loss a scalar: shape [], or sizes of 1 only
 * @param targets nodes that the loss depends on, of a decomposed graph (`decompose`)
 * @returns the gradient of the loss by each target, of the target's shape
 * @throws HpdError `unsupported` for an operation without a rule; `invalid_argument` for a loss that is no scalar or
 *   does not depend on a target
 */
export function gradients(loss: Node, targets: readonly Node[]): Node[] {
  if (loss.shape.some((size) => size !== 1)) {
    throw new HpdError("invalid_argument", `a loss should be a scalar, got shape [${loss.shape}]`);
  }
  const order = topologicalOrder({ loss });
  const onPath = new Set<Node>(targets);
  for (const node of order) if (node.inputs.some((input) => onPath.has(input))) onPath.add(node);

  const found = new Map<Node, Node>([[loss, reshape(constant(1), loss.shape)]]);
  for (const node of order.toReversed()) {
    const gradient = found.get(node);
    if (gradient === undefined || !node.inputs.some((input) => onPath.has(input))) continue;
    const ofInputs = ruleOf(node)(gradient, node);
    for (const [index, input] of node.inputs.entries()) {
      const more = ofInputs[index];
      if (more === undefined || !onPath.has(input)) continue;
      const fitting = sumTo(more, input.shape);
      const before = found.get(input);
      found.set(input, before === undefined ? fitting : add(before, fitting));
    }
  }
  return targets.map((target) => {
    const gradient = found.get(target);
    if (gradient !== undefined) return gradient;
    throw new HpdError("invalid_argument", `the loss does not depend on ${describe(target)}`);
  });
}

/** @throws HpdError `unsupported` for an operation without a rule */
function ruleOf(node: AnyNode): (dy: Node, node: Node) => readonly (Node | undefined)[] {
  const rule = gradientRules[node.op] as ReturnType<typeof ruleOf> | undefined;
  if (rule !== undefined) return rule;
  throw new HpdError("unsupported", `${node.op} has no gradient rule: decompose the graph first`);
}

/** Undoes broadcasting: sums over the repeated axes. */
function sumTo(gradient: Node, shape: readonly Dimension[]): Node {
  const added = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, axis) => (size !== 1 && size !== shape[axis - added] ? [axis] : []));
  const summed = axes.length === 0 ? gradient : sum(gradient, axes);
  return added === 0 ? summed : reshape(summed, shape);
}

function describe(node: Node): string {
  const { name } = node.attributes as { name?: string };
  return name === undefined ? `a node ${node.op}` : `${node.op} ${name}`;
}
