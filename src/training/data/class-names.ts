/** The names of labels that say no more than which rows have the same one, and their numbers. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { fieldOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";

export class ClassNames {
  readonly #found = new Map<string, number>();

  /**
   * The number of a row's label, by the order in which labels were found.
   *
   * @throws HpdError `invalid_argument` for what is neither a name nor an integer
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

  /** All of them: integers in their order, names in that of the alphabet. */
  sorted(): {
    readonly names: readonly string[] /** Of each number by which it was found. */;
    readonly places: number[];
  } {
    const names = [...this.#found.keys()];
    const areNumbers = names.every((name) => Number.isSafeInteger(Number(name)));
    names.sort((a, b) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
    const places: number[] = [];
    for (const [place, name] of names.entries()) places[this.#found.get(name)!] = place;
    return { names, places };
  }
}
