/** Who does what when. */
import { shuffle } from "../sentences.ts";
import { type Results, type Task, tasks } from "./results.ts";

export interface Step {
  readonly engine: string;
  /** `first` is the pass over all texts that is not timed. */
  readonly task: Task | "first";
  readonly round: number;
}

/**
 * First the passes that are not timed; then, in each round, one task after the other, for which all engines take turns in
 * an order by chance. The same for the same engines and rounds, so that what was interrupted goes on where it stopped.
 *
 * @param done what is left out of it
 */
export function planSteps(
  engines: readonly string[],
  rounds: number,
  chosen: readonly Task[],
  done: Pick<Results, "samples" | "firstPasses">,
): Step[] {
  const steps: Step[] = engines.map((engine) => ({ engine, task: "first", round: 0 }));
  for (let round = 1; round <= rounds; round++) {
    for (const [index, task] of tasks.entries()) {
      if (!chosen.includes(task)) continue;
      const order = shuffle([...engines], 1 + round * tasks.length + index);
      steps.push(...order.map((engine) => ({ engine, task, round })));
    }
  }
  const key = ({ engine, task, round }: Step) => `${engine}\n${task}\n${round}`;
  const isDone = new Set([
    ...done.firstPasses.map(({ engine }) => key({ engine, task: "first", round: 0 })),
    ...done.samples.map(key),
  ]);
  return steps.filter((step) => !isDone.has(key(step)));
}
