/** Prompts of the columns in training. Source: sentence-transformers 6.2, `prompts` of the training arguments. */
import { describe } from "../common/json.ts";
import { nearest } from "../common/nearest.ts";
import { HpdError } from "../errors.ts";
import type { ColumnPrompt } from "../training/loop/text-encoder.ts";
import type { Student } from "../training/student/student.ts";

/** One for all columns, or of each column by the name of its field. */
export type ByColumn = string | Readonly<Record<string, string>>;

export interface PromptOptions {
  /** The texts themselves: `{ query: "query: ", positive: "passage: " }`. */
  readonly prompts: ByColumn | undefined;
  /** Prompts of the model by their names: `{ query: "query", positive: "document" }`. */
  readonly promptNames: ByColumn | undefined;
}

/** @throws HpdError `invalid_argument` where it is neither a text nor texts by name */
export function requireByColumn(name: string, value: unknown): void {
  const isText = (each: unknown) => typeof each === "string";
  if (value === undefined || isText(value)) return;
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isText))
    return;
  throw new HpdError(
    "invalid_argument",
    `${name} should be a text for all columns, or texts by the names of columns, got ${describe(value)}`,
  );
}

/**
 * @param columns that the texts are taken from
 * @param maxLength that texts are cut to, in tokens
 * @returns undefined where no column has one
 * @throws HpdError `invalid_argument` for a column that isn't there, a prompt that the model doesn't have, or one that
 *   leaves no room for text
 */
export function columnPrompts(
  { prompts, promptNames }: PromptOptions,
  columns: readonly string[],
  student: Student,
  maxLength: number,
): ColumnPrompt[] | undefined {
  for (const [option, given] of Object.entries({ prompts, promptNames })) requireKnown(option, given, columns);
  const found = columns.map((column): ColumnPrompt => {
    const [text, name] = [ofColumn(prompts, column), ofColumn(promptNames, column)];
    if (text !== undefined && name !== undefined) {
      throw new HpdError("invalid_argument", `the column ${column} has both a prompt and a prompt's name: take one`);
    }
    const prompt = name === undefined ? (text ?? "") : student.prompt(name);
    const tokens = student.promptLength(prompt, maxLength);
    if (prompt === "" || student.tokenizer.encode(prompt).length < maxLength) return { text: prompt, tokens };
    throw new HpdError(
      "invalid_argument",
      `the prompt of the column ${column} has ${tokens} tokens, which leaves no room for text in ${maxLength}`,
    );
  });
  return found.every(({ text }) => text === "") ? undefined : found;
}

function ofColumn(given: ByColumn | undefined, column: string): string | undefined {
  if (typeof given !== "object") return given;
  return Object.hasOwn(given, column) ? given[column] : undefined;
}

function requireKnown(option: string, given: ByColumn | undefined, columns: readonly string[]): void {
  const unknown = Object.keys(typeof given === "object" ? given : {}).find((name) => !columns.includes(name));
  if (unknown === undefined) return;
  throw new HpdError(
    "invalid_argument",
    `${option}: ${unknown} is none of the columns ${[...new Set(columns)].join(", ")}${nearest(unknown, columns)}`,
  );
}
