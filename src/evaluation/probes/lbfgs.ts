/**
 * L-BFGS with a backtracking line search, for smooth convex functions.
 * Source: Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1. The available packages (fmin,
 * ml-logistic-regression) take plain or conjugate gradient steps and depend on libraries for plots and matrices.
 */

/** Multiplies a vector, in place, by a positive definite matrix. */
type Multiply = (vector: Float64Array) => void;

export interface MinimizeOptions {
  /** Largest absolute component of the gradient at which the search ends. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** A guess of the inverse Hessian but for its size. Default: the identity. */
  readonly precondition?: Multiply;
}

const memory = 10;
const sufficientDecrease = 1e-4;
/** Share of a value that may be its rounding error. Smaller decreases can't be seen, and are no reason for shorter steps. */
const rounding = 1e-14;

interface Step {
  readonly move: Float64Array;
  readonly gradientChange: Float64Array;
  curvature: number;
  /** Size of the inverse Hessian along the step. */
  scale: number;
}

/**
 * Minimizes a function.
 *
 * @param evaluate returns the value at a point and writes the gradient
 * @returns the point of the lowest value, also if rounding ends the line search
 */
export function minimize(
  evaluate: (point: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  { tolerance, maxIterations, precondition = () => {} }: MinimizeOptions,
): Float64Array {
  const { length } = start;
  let point: Float64Array = start.slice();
  let next: Float64Array = new Float64Array(length);
  let gradient: Float64Array = new Float64Array(length);
  let nextGradient: Float64Array = new Float64Array(length);
  const direction = new Float64Array(length);
  let value = evaluate(point, gradient);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (gradient.every((component) => Math.abs(component) <= tolerance)) break;
    direction.set(gradient);
    multiplyByInverseHessian(direction, steps, precondition);
    const decrease = dot(direction, gradient);
    // Without any curvature information yet, a step of length 1.
    let size = steps.length === 0 ? 1 / Math.sqrt(decrease) : 1;
    const nextValue = () => {
      for (let i = 0; i < length; i++) next[i] = point[i]! - size * direction[i]!;
      return evaluate(next, nextGradient);
    };
    let reached = nextValue();
    while (!(reached <= value - sufficientDecrease * size * decrease + rounding * Math.abs(value))) {
      size /= 2;
      if (size < 1e-20) return point;
      reached = nextValue();
    }
    const step = steps.length < memory ? newStep(length) : steps.shift()!;
    for (let i = 0; i < length; i++) {
      step.move[i] = next[i]! - point[i]!;
      step.gradientChange[i] = nextGradient[i]! - gradient[i]!;
    }
    step.curvature = dot(step.move, step.gradientChange);
    if (step.curvature > 0) {
      direction.set(step.gradientChange);
      precondition(direction);
      step.scale = step.curvature / dot(step.gradientChange, direction);
      steps.push(step);
    }
    [point, next, gradient, nextGradient] = [next, point, nextGradient, gradient];
    value = reached;
  }
  return point;
}

/** Multiplies a vector, in place, by the approximate inverse Hessian: the two-loop recursion. */
function multiplyByInverseHessian(vector: Float64Array, steps: readonly Step[], precondition: Multiply): void {
  const weights: number[] = [];
  for (const { move, gradientChange, curvature } of steps.toReversed()) {
    const weight = dot(move, vector) / curvature;
    weights.push(weight);
    addTo(vector, gradientChange, -weight);
  }
  precondition(vector);
  const { scale = 1 } = steps.at(-1) ?? {};
  for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  for (const { move, gradientChange, curvature } of steps) {
    addTo(vector, move, weights.pop()! - dot(gradientChange, vector) / curvature);
  }
}

function newStep(length: number): Step {
  return { move: new Float64Array(length), gradientChange: new Float64Array(length), curvature: 0, scale: 0 };
}

function addTo(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * vector[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
