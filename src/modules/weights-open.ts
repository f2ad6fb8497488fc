/** Sources of weights that are read lazily. */
import type { ModelSource } from "../hub/model-source.ts";

/** Runs `use` with a source whose weights can be read lazily: their files are closed when it is done. */
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

/**
 * A source whose weights can be read lazily, and whose files are opened again for each read, so that none stays open.
 */
export function reopeningWeights({ name, files, open }: ModelSource): ModelSource {
  return {
    name,
    files,
    async open(file) {
      const first = await open(file);
      await first.close();
      return {
        name: first.name,
        size: first.size,
        async read(offset, length) {
          const bytes = await open(file);
          try {
            return await bytes.read(offset, length);
          } finally {
            await bytes.close();
          }
        },
        close: async () => {},
      };
    },
    keepOpen() {},
  };
}
