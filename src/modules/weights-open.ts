/** Weights that are read when they are needed: their files stay open so long. */
import type { ModelSource } from "../hub/model-source.ts";

/** Runs `use` with a source whose weights can be read until it is done. */
export async function withWeightsOpen<Result>(
  source: ModelSource,
  use: (source: ModelSource) => Promise<Result>,
): Promise<Result> {
  const kept: { close(): Promise<void> }[] = [];
  const { name, files } = source;
  try {
    return await use({
      name,
      files,
      open: (file) => source.open(file),
      keepOpen: (file) => void kept.push(file),
    });
  } finally {
    await Promise.all(kept.map((file) => file.close()));
  }
}
