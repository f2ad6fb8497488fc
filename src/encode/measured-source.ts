/** A model source that measures the weights: the sizes of the files that loading chose, in whichever format. */
import type { ModelSource } from "../hub/model-source.ts";

export interface MeasuredSource extends ModelSource {
  /** Total size in bytes of the weight files opened so far. */
  readonly weightBytes: number;
}

export function measuredSource(source: ModelSource): MeasuredSource {
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
