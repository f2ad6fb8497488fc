/** Requests of real clients, as `tools/clients` records them. */

export interface RecordedRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly status: number;
  /** What `shapeOf` makes of the answer. */
  readonly answer: unknown;
}

/** A value of JSON with `number` for every number, and what lists hold once, with how many there are. */
export function shapeOf(value: unknown): unknown {
  if (typeof value === "number") return "number";
  if (Array.isArray(value)) return value.length === 0 ? [] : [value.length, shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value === "string" ? "string" : value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shapeOf(each)]));
}
