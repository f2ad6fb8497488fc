/** The fields of metadata that filters can compare, gathered value by value. */
import type { MetadataField } from "./store.ts";

type ScalarType = MetadataField["types"][number];

export class FieldTypes {
  readonly #types = new Map<string, Set<ScalarType>>();

  add(name: string, type: ScalarType): void {
    this.#types.set(name, (this.#types.get(name) ?? new Set()).add(type));
  }

  sorted(): MetadataField[] {
    return [...this.#types]
      .map(([name, types]) => ({ name, types: [...types].sort() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
