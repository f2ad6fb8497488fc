/** The texts of a batch, as the student's graph takes them. */
import { batchInputs, type TokenIds, typeInput } from "../../encode/batch-inputs.ts";
import { HpdError } from "../../errors.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import type { Batch } from "./learner.ts";
import type { Program } from "./program.ts";

export interface Text extends TokenIds {
  /** The number of tokens at its start that are a prompt's. */
  readonly promptLength: number;
}

/** The texts of a batch, column by column. */
export function textsOf({ columns, types, promptLengths = [] }: Batch): Text[] {
  return columns.flatMap((ids, column) =>
    ids.map((text, at) => ({
      ids: text,
      ...(types && { typeIds: types[column]![at]! }),
      promptLength: promptLengths[column] ?? 0,
    })),
  );
}

/** @returns those of the program's inputs that hold tokens, padded to the longest text */
export function tokenInputs(texts: readonly Text[], { inputs }: Pick<Program, "inputs">, padId: number): NamedTensors {
  const [ids, promptLengths] = [texts.map((text) => text.ids), texts.map(({ promptLength }) => promptLength)];
  const types = inputs.includes("token_type_ids") && { token_type_ids: typeInput(texts) };
  const all: NamedTensors = { ...batchInputs(ids, padId, promptLengths), ...types };
  return Object.fromEntries(inputs.map((name) => [name, all[name]!]));
}

const noTypes = new Int32Array();

/** @throws HpdError `invalid_argument` for an id or a type that has no row in its table */
export function requireKnownIds(
  texts: readonly TokenIds[],
  { tables, frozen }: Pick<Program, "tables" | "frozen">,
): void {
  for (const { ids: input, tensor } of [...tables, ...frozen]) {
    if (input === undefined) continue;
    const rows = tensor.shape[0]!;
    const isOfTypes = input === "token_type_ids";
    for (const { ids, typeIds = noTypes } of texts) {
      const unknown = (isOfTypes ? typeIds : ids).find((id) => id < 0 || id >= rows);
      if (unknown === undefined) continue;
      const name = isOfTypes ? "a token type" : "a token id";
      throw new HpdError("invalid_argument", `${name} should be from 0 to ${rows - 1}, got ${unknown}`);
    }
  }
}
