/** Class labels: names or integers whose only meaning is which rows share one, numbered from 0. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { fieldOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";

export class ClassNames {
  readonly #found = new Map<string, number>();

  /**
   * The number of a row's label, by first occurrence.
   *
   * @throws HpdError `invalid_argument` for a value that is neither a name nor an integer
   */
  numberOf(row: Row, label: string): number {
    const value = fieldOf(row, label);
    const isName = (typeof value === "string" && value.trim() !== "") || typeof value === "boolean";
    if (!isName && !Number.isSafeInteger(value) && typeof value !== "bigint") {
      throw new HpdError(
        "invalid_argument",
        `${row.place}: the field ${label} should hold a name or an integer, got ${describe(value)}`,
      );
    }
    const name = String(value);
    const number = this.#found.get(name) ?? this.#found.size;
    this.#found.set(name, number);
    return number;
  }

  /**
   * All labels, sorted: integers by value, names alphabetically.
   *
   * @returns `indices`, the index in `names` of each number of `numberOf`
   */
  sorted(): { readonly names: readonly string[]; readonly indices: readonly number[] } {
    const names = [...this.#found.keys()];
    const areNumbers = names.every((name) => Number.isSafeInteger(Number(name)));
    names.sort((a, b) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
    const indices: number[] = [];
    for (const [index, name] of names.entries()) indices[this.#found.get(name)!] = index;
    return { names, indices };
  }
}
