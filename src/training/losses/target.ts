/** What the losses of distillation have in common: one column of texts, and for each the embedding that it should have. */
import type { Loss } from "./loss.ts";
import { withLabels } from "./loss.ts";

export const target: Pick<Loss, "columns" | "labels" | "inputs" | "prepare"> = {
  columns: { min: 1, max: 1 },
  ...withLabels((dimension) => ({ target: [dimension] })),
};
