/** Choices of several settings. Written out, so that commands needn't load what only training needs. */
import type { LoadOptions } from "../../index.ts";
import type { Schedule } from "../../train.ts";

export const schedules = ["linear", "cosine", "constant"] as const satisfies readonly Schedule[];

/** Pooling modes of new Pooling modules. */
export const poolings = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const;

/** Pooling modes of a folder without modules.json. */
export const loadPoolings = [...poolings, "pooler"] as const satisfies readonly LoadOptions["pooling"][];

export const dtypes = ["fp32", "int8"] as const satisfies readonly LoadOptions["dtype"][];
