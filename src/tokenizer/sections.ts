/** The steps of a section of tokenizer.json: itself, or those of a Sequence, in order. */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { checkKeys, type KeyTable } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import { sectionKeys } from "./tokenizer-keys.ts";

/** Far above what real models have, and few enough that no text waits for them. */
const maxSteps = 64;

const listNames = { normalizer: "normalizers", pre_tokenizer: "pretokenizers", post_processor: "processors" } as const;

/**
 * @returns no step where the section is null
 * @throws HpdError `unsupported` for a step or a setting that is not, naming it, `corrupt_file` for a damaged section
 */
export function sectionSteps(value: unknown, section: keyof typeof listNames): readonly JsonObject[] {
  const steps: JsonObject[] = [];
  if (value !== null && value !== undefined) collect(value, section, steps);
  return steps;
}

function collect(value: unknown, section: keyof typeof listNames, steps: JsonObject[]): void {
  if (!isObject(value)) throw new HpdError("corrupt_file", `tokenizer.json: ${section} is ${describe(value)}`);
  const tables: Readonly<Record<string, KeyTable>> = sectionKeys[section];
  const table = typeof value.type === "string" && Object.hasOwn(tables, value.type) ? tables[value.type] : undefined;
  if (table === undefined) {
    throw new HpdError(
      "unsupported",
      `the ${section} ${describe(value.type)} of tokenizer.json is not supported. ` +
        `Supported: ${Object.keys(tables).join(", ")}`,
    );
  }
  checkKeys(value, table, `tokenizer.json: ${section} ${value.type}`);
  if (value.type !== "Sequence") {
    if (steps.length === maxSteps) {
      throw new HpdError("unsupported", `tokenizer.json: a ${section} of more than ${maxSteps} steps is not supported`);
    }
    steps.push(value);
    return;
  }
  const list = value[listNames[section]];
  if (!Array.isArray(list)) {
    throw new HpdError(
      "corrupt_file",
      `tokenizer.json: ${listNames[section]} of a Sequence should be a list, got ${describe(list)}`,
    );
  }
  for (const step of list) collect(step, section, steps);
}
