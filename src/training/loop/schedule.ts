/**
 * Learning rate schedules. Source: transformers' `get_linear_schedule_with_warmup`,
 * `get_cosine_schedule_with_warmup` (half a wave) and `get_constant_schedule_with_warmup`.
 */

export const schedules = ["linear", "cosine", "constant"] as const;

export type Schedule = (typeof schedules)[number];

/**
 * @param step number of updates before this one: with warm-up the first one has a learning rate of 0
 * @returns the multiplier of the learning rate, 0 to 1
 */
export function scheduleFactor(schedule: Schedule, step: number, warmupSteps: number, totalSteps: number): number {
  if (step < warmupSteps) return step / warmupSteps;
  const part = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  switch (schedule) {
    case "linear":
      return Math.max(0, 1 - part);
    case "cosine":
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * part)));
    case "constant":
      return 1;
  }
}
