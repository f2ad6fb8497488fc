/** What several settings choose from. Written out, so that other commands needn't load what training needs. */
import type { Schedule } from "../../train.ts";

export const schedules = ["linear", "cosine", "constant"] as const satisfies readonly Schedule[];

export const poolings = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const;
