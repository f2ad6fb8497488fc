/** The values of a command's settings: flags, which take precedence over a recipe, and defaults. */
import { describe } from "../../common/json.ts";
import { UsageError } from "../usage-error.ts";
import { readRecipe } from "./recipe.ts";
import type { Flags, SettingTable, ValuesOf } from "./table.ts";
import { checkedValue } from "./value.ts";

/** @throws UsageError for a flag, HpdError for a value of the recipe, naming what was expected */
export async function readSettings<Table extends SettingTable>(
  flags: Flags,
  settings: Table,
): Promise<ValuesOf<Table>> {
  const recipe = typeof flags.recipe === "string" ? await readRecipe(flags.recipe, settings) : {};
  const values: Record<string, unknown> = { ...recipe };
  for (const [name, setting] of Object.entries(settings)) {
    const given = flags[name];
    if (given !== undefined) {
      values[name] = checkedValue(
        setting,
        given,
        (expected) => new UsageError(`--${name} should be ${expected}, got ${describe(given)}`),
      );
    }
    values[name] ??= setting.default;
    if (values[name] === undefined) delete values[name];
  }
  for (const [name, { required, value = "NAME" }] of Object.entries(settings)) {
    if (required && !Object.hasOwn(values, name)) throw new UsageError(`missing --${name} ${value}`);
  }
  // The table says of which type each value is.
  return values as ValuesOf<Table>;
}
