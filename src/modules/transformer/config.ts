/** A transformer's config.json: its family, and the family's own config. */
import { describe, isObject, type JsonObject } from "../../common/json.ts";
import { checkKeys } from "../../common/key-table.ts";
import { HpdError } from "../../errors.ts";
import { familyOf } from "./families.ts";
import type { Family, FamilyConfig, OwnCode } from "./family.ts";

export interface TransformerConfig {
  readonly family: Family;
  readonly parsed: FamilyConfig;
  /** All keys as read, in one dialect, unused ones included. */
  readonly json: JsonObject;
  /** Path of the file, for messages. */
  readonly file: string;
}

/**
 * Parses a config.json.
 *
 * @param overrides keys that override those of `json`
 * @throws HpdError `unsupported` for another family, with the list of those that work; `invalid_model`.
 */
export function parseTransformerConfig(json: JsonObject, file: string, overrides: JsonObject = {}): TransformerConfig {
  const family = familyOf(json, file);
  const resolved = inOneDialect(family, json, file, overrides);
  refuseOwnCode(resolved, file, family.ownCode);
  checkKeys(resolved, { keys: family.configKeys, others: "ignored" }, file);
  return { family, parsed: family.parse(resolved, file), json: resolved, file };
}

/** A config without the keys that transformers takes for others: DistilBERT's `num_hidden_layers` sets `n_layers`. */
function inOneDialect(family: Family, json: JsonObject, file: string, overrides: JsonObject): JsonObject {
  if (family.inOneDialect !== undefined) return family.inOneDialect({ ...json, ...overrides }, file);
  const { aliases = {} } = family;
  const resolved = (config: JsonObject): JsonObject => {
    const given = Object.entries(aliases).filter(([alias]) => Object.hasOwn(config, alias));
    if (given.length === 0) return config;
    const others = Object.entries(config).filter(([key]) => !Object.hasOwn(aliases, key));
    return Object.fromEntries([...others, ...given.map(([alias, key]) => [key, config[alias]])]);
  };
  return { ...resolved(json), ...resolved(overrides) };
}

/**
 * Refuses custom code. Without `trust_remote_code` Python takes its own class of that name, with other embeddings than
 * the authors' code, or none. Allowed are exactly the classes that a family is known to reproduce, not copies of them.
 */
function refuseOwnCode({ auto_map: map }: JsonObject, file: string, known: OwnCode | undefined): void {
  if (!isObject(map)) return;
  for (const key of ["AutoConfig", "AutoModel"] as const) {
    if (!Object.hasOwn(map, key)) continue;
    const names = known?.repositories.flatMap((repository) => known[key].map((name) => repository + name)) ?? [];
    if (names.includes(map[key] as string)) continue;
    throw new HpdError(
      "unsupported",
      `${file}: auto_map names ${key} ${describe(map[key])}: the model needs custom code, ` +
        `which is not known here${names.length === 0 ? "" : `; known is ${names.filter(Boolean).join(" and ")}`}`,
    );
  }
}
