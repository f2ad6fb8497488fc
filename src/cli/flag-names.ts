/**
 * Translates option names in messages of the library to flags. The messages write options as code, in backticks,
 * "`resume: true`", "`others: "keep"`" or "`columns: ["a", "b"]`", or at the start, "batchSize should be ...".
 */

/** Flags whose names differ from the option's. */
const otherNames: Readonly<Record<string, string>> = {
  dimension: "dim",
  localFilesOnly: "offline",
  overlapTokens: "overlap",
  teacherCachePrecision: "cache-precision",
  validation: "valid",
  warmupSteps: "warmup",
  workFolder: "work-dir",
};

/** A message with flags for options. @param flags those of the command; other names stay unchanged */
export function withFlags(message: string, flags: Readonly<Record<string, unknown>>): string {
  const flagOf = (written: string, option: string, value?: unknown, list?: unknown): string => {
    const names = [option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), otherNames[option]];
    const flag = names.find((name) => name !== undefined && Object.hasOwn(flags, name));
    const given = typeof list === "string" ? list.replaceAll(/[" ]/g, "") : value;
    return flag === undefined ? written : `--${flag}${typeof given === "string" ? ` ${given}` : ""}`;
  };
  return message
    .replace(/^([a-z][A-Za-z]*)(?= should be )/, (written, option) => flagOf(written, option))
    .replace(/`([a-z][A-Za-z]*)(?:: true|: "([a-z0-9]+)"|: \[([a-z", ]+)\])?`/g, flagOf);
}
