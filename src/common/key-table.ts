/**
 * Tables of the keys of config files. Whatever Python acts upon is read here or refused by name, so that no key changes
 * Python's embeddings and not these.
 */

import { HpdError } from "../errors.ts";
import { describe, type JsonObject } from "./json.ts";

export type KeyRule =
  /** It is read. */
  | "read"
  /** It can't change an embedding; why. */
  | { readonly ignored: string }
  /** It is refused unless it has one of these values, which ask for nothing; what it would do in Python. */
  | { readonly only: readonly unknown[]; readonly because: string };

export interface KeyTable {
  readonly keys: Readonly<Record<string, KeyRule>>;
  /** The treatment of keys outside the table, as in Python. */
  readonly others: "ignored" | "refused";
}

/**
 * @param file for messages, with the path of `config` in it: `sentence_bert_config.json: processing_kwargs.text`
 * @throws HpdError `unsupported` naming the first key that asks for what is not done here
 */
export function checkKeys(config: JsonObject, { keys, others }: KeyTable, file: string): void {
  for (const [key, value] of Object.entries(config)) {
    const rule = Object.hasOwn(keys, key) ? keys[key]! : undefined;
    if (rule === undefined) {
      if (others === "ignored") continue;
      throw new HpdError(
        "unsupported",
        `${file}: the key ${describe(key)} is not known; known are ${Object.keys(keys).join(", ")}`,
      );
    }
    if (rule === "read" || "ignored" in rule || rule.only.includes(value)) continue;
    const only = rule.only.map(describe).join(" or ");
    throw new HpdError(
      "unsupported",
      `${file}: ${key} is ${describe(value)}, which is not supported${only && `, only ${only}`}: ${rule.because}`,
    );
  }
}

/** A table of keys that are all passed over for one reason. */
export function ignored(reason: string, ...keys: readonly string[]): Record<string, KeyRule> {
  return Object.fromEntries(keys.map((key) => [key, { ignored: reason }]));
}

/** A table of keys that are all read. */
export function read(...keys: readonly string[]): Record<string, KeyRule> {
  return Object.fromEntries(keys.map((key) => [key, "read"]));
}
