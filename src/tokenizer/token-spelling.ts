/** Tokens as files spell them, and the ids that they get. */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { AddedToken } from "./added-token-splitter.ts";

/** A token as a file spells it; `normalized` is open where the file does not say, for it depends on `special`. */
export type TokenSpelling = Omit<AddedToken, "id" | "normalized"> & { readonly normalized: boolean | undefined };

/**
 * A token of a file; a mere string is special, and then not normalized.
 *
 * @throws HpdError `corrupt_file` where it is neither a string nor an object with `content`
 */
export function spelling(token: unknown, lstrip = false): TokenSpelling {
  const flags: JsonObject =
    typeof token === "string" ? { content: token, special: true, lstrip } : isObject(token) ? token : {};
  if (typeof flags.content !== "string") {
    throw new HpdError("corrupt_file", `a token should be a string or an object with content, got ${describe(token)}`);
  }
  return {
    content: flags.content,
    special: flags.special === true,
    singleWord: flags.single_word === true,
    lstrip: flags.lstrip === true,
    rstrip: flags.rstrip === true,
    normalized: typeof flags.normalized === "boolean" ? flags.normalized : undefined,
  };
}

/**
 * Adds one list after the other, as `AddedVocabulary::add_tokens` of `tokenizers` 0.23 does: a token keeps its id of
 * the vocabulary, a new one gets the next id after the vocabulary's size and what was added before its list. Where that
 * is the id of another one, for the ids of the vocabulary have gaps, only the last of the two is searched for.
 */
export function assignIds(lists: readonly (readonly TokenSpelling[])[], vocabulary: ReadonlyMap<string, number>) {
  const ids = new Map<string, number>();
  const special = new Set<string>();
  const added = new Map<number, AddedToken>();
  let highest = -1;
  for (const tokens of lists) {
    let next = Math.max(vocabulary.size, highest + 1);
    for (const token of tokens) {
      const { content } = token;
      if (content === "") continue;
      const id = ids.get(content) ?? vocabulary.get(content) ?? next++;
      ids.set(content, id);
      if (token.special) special.add(content);
      const normalized = token.normalized ?? !token.special;
      added.set(id, { ...token, normalized, id, special: special.has(content) });
    }
    for (const id of added.keys()) highest = Math.max(highest, id);
  }
  return { added: [...added.values()], idOf: (content: string) => ids.get(content) ?? vocabulary.get(content) };
}
