/** A number for each pair of one column, as the graph of a loss takes it: [batch, 1] */
import type { Loss } from "../../../training/losses/loss.ts";

export const labelOfPair: Pick<Loss, "inputs" | "prepare"> = {
  inputs: () => ({ label: ["batch", 1] }),
  prepare: ({ label }, rows) => ({ label: { ...label!, shape: [rows, 1] } }),
};
