/** Options that may be undefined, as parsed recipes and command lines give them, for functions that don't take that. */

export type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A copy of the options without the keys whose value is undefined. */
export function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
