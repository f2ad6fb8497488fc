import type { Target } from "../target.ts";
import { checkpoints } from "./checkpoints.ts";
import { indexSettings } from "./index-settings.ts";
import { markdown } from "./markdown.ts";
import { modelFolders } from "./models.ts";
import { parquet, rows } from "./rows.ts";
import { tokenizers } from "./tokenizers.ts";

export const targets: readonly Target[] = [
  checkpoints,
  modelFolders,
  tokenizers,
  rows,
  parquet,
  markdown,
  indexSettings,
];
