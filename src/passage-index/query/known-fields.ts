/** The check of a filter's fields: with one that no passage has nothing would be found, and the caller would believe it. */
import { nearest } from "../../common/nearest.ts";
import { HpdError } from "../../errors.ts";
import type { Condition } from "../filter.ts";
import type { IndexStore, MetadataField } from "../store.ts";
import { wellFormed } from "../well-formed.ts";

/** Fields whose names a message has. */
const mostNamed = 20;

export class KnownFields {
  readonly #store: IndexStore;
  /** Names that some passage has had: looking them up may mean to read all passages. */
  readonly #names = new Set<string>();

  constructor(store: IndexStore) {
    this.#store = store;
  }

  /** @throws HpdError `invalid_argument` for a field that no passage has; an index without passages has any field */
  async require(conditions: readonly Condition[]): Promise<void> {
    if (conditions.every(({ field }) => this.#names.has(wellFormed(field)))) return;
    const fields = await this.#store.fields();
    for (const { name } of fields) this.#names.add(name);
    const unknown = conditions.find(({ field }) => !this.#names.has(wellFormed(field)));
    if (unknown === undefined || (await this.#store.count()) === 0) return;
    const name = JSON.stringify(unknown.field);
    throw new HpdError("invalid_argument", `filter: no passage has a field ${name}${hintFor(unknown.field, fields)}`);
  }
}

function hintFor(field: string, fields: readonly MetadataField[]): string {
  if (fields.length === 0) return "; none has metadata";
  const names = fields.map(({ name, types }) => `${name} (${types.join(" or ")})`);
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  const hint = nearest(
    field,
    fields.map(({ name }) => name),
  );
  return `${hint}; there are ${names.slice(0, mostNamed).join(", ")}${more}`;
}
