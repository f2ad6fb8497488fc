/** The rows of the form in which a reader sets conditions on metadata. */

import { byId, element } from "../../../report/client/elements.ts";
import type { FieldInfo } from "./api.ts";

type Condition = Record<string, unknown>;

const operators = { "=": "in", "≥": "gte", "≤": "lte", ">": "gt", "<": "lt" } as const;

export class Filters {
  #fields: readonly FieldInfo[] = [];

  /** The fields of the index that is searched; conditions on those of another one are gone. */
  set fields(fields: readonly FieldInfo[]) {
    this.#fields = fields;
    byId("filters").replaceChildren();
    byId("add-filter").hidden = fields.length === 0;
  }

  /** Adds a row, and puts the focus into it. */
  add(): void {
    const names = this.#fields.map(({ name }) => element("option", { value: name }, name));
    const field = element("select", { className: "name", ariaLabel: "Field" }, ...names);
    const symbols = Object.keys(operators).map((symbol) => element("option", {}, symbol));
    const row = element(
      "div",
      { className: "filter" },
      field,
      element("select", { className: "operator", ariaLabel: "Condition" }, ...symbols),
      element("input", { className: "value", ariaLabel: "Value" }),
      element("button", { type: "button", className: "remove", ariaLabel: "Remove this filter", textContent: "✕" }),
    );
    row.querySelector(".remove")!.addEventListener("click", () => {
      row.remove();
      byId("add-filter").focus();
    });
    byId("filters").append(row);
    field.focus();
  }

  /** The filter of all rows that have a value. */
  get filter(): Record<string, Condition> {
    const filter: Record<string, Condition> = {};
    for (const row of document.querySelectorAll(".filter")) {
      const [name, symbol, written] = ["name", "operator", "value"].map(
        (each) => row.querySelector<HTMLInputElement>(`.${each}`)!.value,
      ) as [string, keyof typeof operators, string];
      if (written.trim() === "") continue;
      const values = this.#valuesOf(name, written.trim());
      const operator = operators[symbol];
      filter[name] = { ...filter[name], [operator]: operator === "in" ? values : values[0] };
    }
    return filter;
  }

  /** The written value as each type that the field has. */
  #valuesOf(name: string, written: string): unknown[] {
    const types = this.#fields.find((field) => field.name === name)?.types ?? [];
    const values: unknown[] = [];
    if (types.includes("number") && Number.isFinite(Number(written))) values.push(Number(written));
    if (types.includes("boolean") && /^(true|false)$/.test(written)) values.push(written === "true");
    if (types.includes("string") || values.length === 0) values.push(written);
    return values;
  }
}
