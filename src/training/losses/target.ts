/** Columns and labels of the losses of distillation: one column of texts, and a target embedding for each. */
import type { Loss } from "./loss.ts";
import { withLabels } from "./loss.ts";

export const target: Pick<Loss, "columns" | "labels" | "inputs" | "prepare"> = {
  columns: { min: 1, max: 1 },
  ...withLabels((dimension) => ({ target: [dimension] })),
};
