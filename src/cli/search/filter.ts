/** The conditions of `hpd search --filter`, such as `year>=2020`. */
import type { Filter, MetadataScalar } from "../../passage-index/index.ts";
import { UsageError } from "../usage-error.ts";

const comparisons = { ">=": "gte", "<=": "lte", ">": "gt", "<": "lt" } as const;

/** The filter of all conditions. @throws UsageError for a text that is no condition, and for a condition given twice */
export function filterOf(texts: readonly string[]): Filter {
  // Without inherited properties: a field may be called `constructor`.
  const filter: Record<string, Record<string, unknown>> = Object.create(null);
  for (const text of texts) {
    const [, name, operator, written] = /^([^<>=]+)(>=|<=|=|>|<)(.*)$/s.exec(text) ?? [];
    const field = name?.trimEnd();
    if (field === undefined || field === "" || operator === undefined || written === undefined) {
      throw new UsageError(
        `--filter should be a condition such as author=Jane or year>=2020, got ${JSON.stringify(text)}`,
      );
    }
    const value = parseValue(written.trimStart());
    const comparison = operator === "=" ? "in" : comparisons[operator as keyof typeof comparisons];
    const conditions = filter[field] ?? {};
    if (Object.hasOwn(conditions, comparison)) {
      throw new UsageError(`--filter should have one condition ${field}${operator}, got two`);
    }
    filter[field] = Object.assign(conditions, { [comparison]: comparison === "in" ? [value].flat() : value });
  }
  return filter as Filter;
}

/** A value: JSON if it is a number, true, false, a quoted text or a list, else the text itself. */
function parseValue(written: string): MetadataScalar | MetadataScalar[] {
  try {
    const value = JSON.parse(written);
    if (value !== null && (typeof value !== "object" || Array.isArray(value))) return value;
  } catch {
    // Not JSON: a plain text.
  }
  return written;
}
