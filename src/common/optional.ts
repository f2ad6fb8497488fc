/** Options that may be undefined, as parsed recipes and command lines give them, for functions that don't take that. */

export type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The same options, all given. */
export type Complete<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** The same options, each absent rather than undefined. */
export type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** A copy of the options without the keys whose value is undefined. */
export function defined<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
