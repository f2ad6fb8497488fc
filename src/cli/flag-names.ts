/**
 * Translates option names in messages of the library to flags. The messages write options as code, in backticks,
 * "`resume: true`", "`others: "keep"`" or "`columns: ["a", "b"]`", or at the start, "batchSize should be ...". A name in
 * camelCase is an option's wherever it stands.
 */
import type { SettingTable } from "./settings/table.ts";

/** Flags whose names differ from the option's. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  activationFn: ["activation"],
  dimension: ["dim"],
  dtype: ["teacher-dtype"],
  format: ["input-format"],
  localFilesOnly: ["offline"],
  normalizeEmbeddings: ["normalize"],
  "lora.targetModules": ["lora-targets"],
  overlapTokens: ["overlap"],
  targetModules: ["lora-targets"],
  teacherCachePrecision: ["cache-precision"],
  tokenizer: ["student-tokenizer"],
  validation: ["valid"],
  warmupSteps: ["warmup"],
  workFolder: ["work-dir"],
};

/** `max-seq-length` for `maxSeqLength`. */
export function flagNameOf(option: string): string {
  return option.replaceAll(".", "-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A message with flags for options. @param flags those of the command; other names stay unchanged */
export function withFlags(message: string, flags: SettingTable): string {
  const named = (option: string) =>
    [flagNameOf(option), ...(otherNames[option] ?? [])].find((name) => Object.hasOwn(flags, name));
  const flagOf = (written: string, option: string, value?: unknown, list?: unknown): string => {
    const flag = named(option);
    const given = typeof list === "string" ? list.replaceAll(/[" ]/g, "") : value;
    if (flag === undefined) return written;
    return `--${flag}${typeof given === "string" ? ` ${/^[\w.,-]+$/.test(given) ? given : JSON.stringify(given)}` : ""}`;
  };
  const unknown = /^([a-z][A-Za-z]*) has no option "([A-Za-z]+)"(.*)$/s.exec(message);
  if (unknown !== null) return unknownOption(unknown, flags, named) ?? message;
  return (
    message
      .replace(/^([a-z][A-Za-z.]*)(?= should )/, (written, option) => flagOf(written, option))
      .replace(/`([a-z][A-Za-z]*)(?:: true|: "([^"`]*)"|: \[([a-z", ]+)\])?`/g, flagOf)
      // Not in a path, a quotation or a longer name; behind a file and a colon it is a key of the file, a recipe.
      .replace(/(?<![\w"'./`-]|: )([a-z]+(?:[A-Z][a-z]*)+)(?![\w"'`(/-]|[.:]\w)/g, (written, option) =>
        flagOf(written, option),
      )
      // Of an option without a flag only the variable of the environment is left.
      .replace(/`[a-z][A-Za-z]*` or (?=[A-Z]+_[A-Z_]+)/g, "")
  );
}

/** An option that a loss has not, which came from a flag: the flags that the loss has are named. */
function unknownOption(
  [, caller = "", option = "", rest = ""]: RegExpExecArray,
  flags: SettingTable,
  named: (option: string) => string | undefined,
): string | undefined {
  const flagOf = (name: string) => {
    const flag = named(name) ?? (Object.hasOwn(flags, `no-${flagNameOf(name)}`) ? `no-${flagNameOf(name)}` : undefined);
    return flag === undefined ? [] : [`--${flag}`];
  };
  const [flag] = flagOf(option);
  const loss = flagNameOf(caller);
  if (flag === undefined || flags.loss?.choices?.includes(loss) !== true) return undefined;
  const [, list] = /^; there are (.*)$/s.exec(rest) ?? [];
  const others = list?.split(", ").flatMap(flagOf) ?? [];
  const [near] = flagOf(/did you mean ([A-Za-z]+)/.exec(rest)?.[1] ?? "");
  const advice =
    near !== undefined ? ` (did you mean ${near}?)` : others.length > 0 ? `; it has ${others.join(", ")}` : "";
  return `--loss ${loss} has no ${flag}${advice}`;
}
