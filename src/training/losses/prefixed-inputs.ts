/** Inputs of several losses in one graph, told apart by prefixes of their names. */

export function withPrefix<T>(prefix: string, inputs: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [prefix + name, value]));
}

/** The inputs with a prefix, without it. */
export function withoutPrefix<T>(prefix: string, inputs: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );
}
