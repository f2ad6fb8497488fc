/** A model's files that remembers how large the weights are: the files that loading chose, in whichever format. */
import type { ModelSource } from "../hub/model-source.ts";

export interface WeighedSource extends ModelSource {
  /** Of the weight files that were opened so far. */
  readonly weightBytes: number;
}

export function weighed(source: ModelSource): WeighedSource {
  const sizes = new Map<string, number>();
  return {
    name: source.name,
    files: source.files,
    async open(file) {
      const bytes = await source.open(file);
      if (/\.(safetensors|bin)$/.test(file)) sizes.set(file, bytes.size);
      return bytes;
    },
    get weightBytes() {
      return [...sizes.values()].reduce((sum, size) => sum + size, 0);
    },
  };
}
