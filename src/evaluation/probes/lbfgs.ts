/**
 * L-BFGS with a backtracking line search, for smooth convex functions.
 * Source: Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1. The available packages (fmin,
 * ml-logistic-regression) take plain or conjugate gradient steps and depend on libraries for plots and matrices.
 */

export interface MinimizeOptions {
  /** Largest absolute component of the gradient at which the search ends. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

const memory = 10;
const sufficientDecrease = 1e-4;

interface Step {
  readonly move: Float64Array;
  readonly gradientChange: Float64Array;
  readonly curvature: number;
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
  { tolerance, maxIterations }: MinimizeOptions,
): Float64Array {
  let point = start;
  let gradient = new Float64Array(point.length);
  let value = evaluate(point, gradient);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (gradient.every((component) => Math.abs(component) <= tolerance)) break;
    const direction = descentDirection(gradient, steps);
    const slope = dot(direction, gradient);
    // Without any curvature information yet, a step of length 1.
    let size = steps.length === 0 ? 1 / Math.sqrt(-slope) : 1;
    const nextGradient = new Float64Array(point.length);
    let next = along(point, direction, size);
    let nextValue = evaluate(next, nextGradient);
    while (!(nextValue <= value + sufficientDecrease * size * slope)) {
      size /= 2;
      if (size < 1e-20) return point;
      next = along(point, direction, size);
      nextValue = evaluate(next, nextGradient);
    }
    const move = next.map((component, i) => component - point[i]!);
    const gradientChange = nextGradient.map((component, i) => component - gradient[i]!);
    const curvature = dot(move, gradientChange);
    if (curvature > 0) steps.push({ move, gradientChange, curvature });
    if (steps.length > memory) steps.shift();
    [point, value, gradient] = [next, nextValue, nextGradient];
  }
  return point;
}

/** The approximate inverse Hessian times the negative gradient: the two-loop recursion. */
function descentDirection(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((component) => -component);
  const weights: number[] = [];
  for (const { move, gradientChange, curvature } of steps.toReversed()) {
    const weight = dot(move, direction) / curvature;
    weights.push(weight);
    addTo(direction, gradientChange, -weight);
  }
  const last = steps.at(-1);
  const scale = last === undefined ? 1 : last.curvature / dot(last.gradientChange, last.gradientChange);
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  for (const { move, gradientChange, curvature } of steps) {
    addTo(direction, move, weights.pop()! - dot(gradientChange, direction) / curvature);
  }
  return direction;
}

function along(point: Float64Array, direction: Float64Array, size: number): Float64Array {
  return point.map((component, i) => component + size * direction[i]!);
}

function addTo(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * vector[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
