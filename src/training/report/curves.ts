/** The curves of a run, in bounded memory: a curve with too many points is halved, by the means of neighbours. */
import type { StepEvent, TrainEvent } from "../loop/events.ts";
import type { Validation } from "../loop/loop-state.ts";

/** Maximum points of a curve: more than a chart has pixels. */
const maxPoints = 2048;

export type Point = readonly [step: number, value: number];

/** The value that a step adds to each curve. Time is kept per sentence, since times can be averaged and rates can't. */
const stepCurves = {
  loss: ({ loss }: StepEvent) => loss,
  learningRate: ({ learningRate }: StepEvent) => learningRate,
  gradientNorm: ({ gradientNorm }: StepEvent) => gradientNorm,
  secondsPerSentence: ({ sentencesPerSecond }: StepEvent) => 1 / sentencesPerSecond,
};

export type StepCurve = keyof typeof stepCurves;

export class Curves {
  readonly validations: Validation[] = [];
  readonly #curves = new Map(Object.keys(stepCurves).map((name) => [name as StepCurve, new Curve()]));
  readonly #losses = new Map<string, Curve>();
  #best: Validation | undefined;
  #last: StepEvent | undefined;

  add(event: TrainEvent): void {
    if (event.type === "step") {
      for (const [name, curve] of this.#curves) curve.add(event.step, stepCurves[name](event));
      for (const [dataset, loss] of Object.entries(event.losses ?? {})) {
        if (!this.#losses.has(dataset)) this.#losses.set(dataset, new Curve());
        this.#losses.get(dataset)!.add(event.step, loss);
      }
      this.#last = event;
    } else if (event.type === "validation") {
      const { step, loss, losses, score } = event;
      // A NaN score is null in the metrics of an interrupted run.
      this.validations.push({ step, loss, ...(losses && { losses }), ...(Number.isFinite(score) && { score }) });
      if (event.isBest) this.#best = this.validations.at(-1);
    }
  }

  points(name: StepCurve): Point[] {
    return this.#curves.get(name)!.points();
  }

  /** The training loss of each dataset, by name, if there are several. */
  get datasets(): ReadonlyMap<string, Point[]> {
    return new Map([...this.#losses].map(([name, curve]) => [name, curve.points()]));
  }

  /** The best validation so far. */
  get best(): Validation | undefined {
    return this.#best;
  }

  /** The latest step. */
  get last(): StepEvent | undefined {
    return this.#last;
  }
}

/** Half-width of the window of a running mean, in points. */
const halfWindow = 20;

export function runningMean(points: readonly Point[]): Point[] {
  return points.map(([step], index) => {
    const window = points.slice(Math.max(0, index - halfWindow), index + halfWindow + 1);
    return [step, window.reduce((sum, [, value]) => sum + value, 0) / window.length];
  });
}

class Curve {
  #points: Point[] = [];
  /** Number of values per point. */
  #size = 1;
  #step = 0;
  #sum = 0;
  #count = 0;

  add(step: number, value: number): void {
    this.#step += step;
    this.#sum += value;
    if (++this.#count < this.#size) return;
    this.#points.push([this.#step / this.#count, this.#sum / this.#count]);
    this.#step = this.#sum = this.#count = 0;
    if (this.#points.length < maxPoints) return;
    this.#size *= 2;
    const halves = this.#points;
    this.#points = [];
    for (let index = 0; index < halves.length; index += 2) {
      const [a, b] = [halves[index]!, halves[index + 1]!];
      this.#points.push([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    }
  }

  points(): Point[] {
    return this.#count === 0 ? this.#points : [...this.#points, [this.#step / this.#count, this.#sum / this.#count]];
  }
}
