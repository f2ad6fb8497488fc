/** The curves of a run, in bounded memory: where a curve has too many points, each two neighbours become their mean. */
import type { StepEvent, TrainEvent } from "../loop/events.ts";
import type { Validation } from "../loop/loop-state.ts";

/** More than a chart has pixels. */
const mostPoints = 2048;

export type Point = readonly [step: number, value: number];

/** What each step adds a value to. Time is kept for a sentence, since times have a mean and rates don't. */
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
      // A score that is no number is null in what was written of an interrupted run.
      this.validations.push({ step, loss, ...(losses && { losses }), ...(Number.isFinite(score) && { score }) });
      if (event.isBest) this.#best = this.validations.at(-1);
    }
  }

  points(name: StepCurve): Point[] {
    return this.#curves.get(name)!.points();
  }

  /** The losses of each dataset in training, where there are several. */
  get datasets(): ReadonlyMap<string, Point[]> {
    return new Map([...this.#losses].map(([name, curve]) => [name, curve.points()]));
  }

  /** The validation of the state that is kept so far. */
  get best(): Validation | undefined {
    return this.#best;
  }

  /** Where the run stands. */
  get last(): StepEvent | undefined {
    return this.#last;
  }
}

/** Points of a running mean to each side. */
const meanReach = 20;

export function runningMean(points: readonly Point[]): Point[] {
  return points.map(([step], index) => {
    const near = points.slice(Math.max(0, index - meanReach), index + meanReach + 1);
    return [step, near.reduce((sum, [, value]) => sum + value, 0) / near.length];
  });
}

class Curve {
  #points: Point[] = [];
  /** Values that make a point. */
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
    if (this.#points.length < mostPoints) return;
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
