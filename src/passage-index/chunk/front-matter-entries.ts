/** The entries of front matter that no parser accepts as a whole: a key, the text behind it, and the lines below. */

export interface Entry {
  /** The line of the file, counted from 1. */
  readonly line: number;
  readonly key: string;
  /** The table of TOML that contains the key. */
  readonly table?: Table | undefined;
  /** The value as it is written behind the key. */
  readonly written: string;
  /** The entry as lines of YAML; the first has the key. */
  readonly lines: string[];
}

export interface Table {
  readonly name: string;
  /** Whether it is an item of a list of that name (`[[name]]`). */
  readonly isListed: boolean;
}

const yamlKey = /^(["']?)([\p{L}\p{N}_][\p{L}\p{N}_ ./-]{0,99})\1[ \t]*:(?:(\s)(.*))?$/su;
/** A key without the space that YAML requires behind it; no URL. */
const closeKey = /^()([\p{L}_][\p{L}\p{N}_-]{0,99}):(?!\/\/)()(.+)$/su;
const tomlKey = /^[ \t]*(?:"([^"\\]{1,100})"|'([^']{1,100})'|([\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}))[ \t]*=(.*)$/su;
const tomlTable = /^[ \t]*(\[\[?)([^[\]]{1,100})\]\]?[ \t]*(?:#.*)?$/s;

/**
 * The entries of YAML.
 *
 * @param first line of the file at which `lines` begin
 * @returns undefined if most lines don't belong to a mapping: then it is text
 */
export function yamlEntries(lines: readonly string[], first: number): Entry[] | undefined {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const indent = indents.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const entries: Entry[] = [];
  let keys = 0;
  let others = 0;
  for (const [index, indented] of lines.entries()) {
    const line = indented.slice(Math.min(indent, indented.length));
    const match = yamlKey.exec(line);
    const [, , key, space, behind = ""] = match ?? closeKey.exec(line) ?? [];
    if (key !== undefined) {
      const written = behind.trim();
      const isYaml = match !== null && (space === undefined || space === " " || space === "\t");
      const yaml = isYaml ? line : `${JSON.stringify(key)}: ${written}`;
      entries.push({ line: first + index, key, written, lines: [yaml] });
      if (match !== null) keys++;
    } else {
      entries.at(-1)?.lines.push(line);
      // A list may be indented as its key is.
      if (/^[^\s#-]/.test(line)) others++;
    }
  }
  return keys > others ? entries : undefined;
}

/** The entries of TOML. Most of its values are YAML, too; the others become texts. */
export function tomlEntries(lines: readonly string[], first: number): Entry[] | undefined {
  const entries: Entry[] = [];
  let others = 0;
  let table: Table | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const [, bracket, name] = tomlTable.exec(line) ?? [];
    if (name !== undefined) {
      table = { name: name.trim(), isListed: bracket === "[[" };
      continue;
    }
    const [, inDouble, inSingle, bare, behind = ""] = tomlKey.exec(line) ?? [];
    const key = inDouble ?? inSingle ?? bare;
    if (key === undefined) {
      entries.at(-1)?.lines.push(` ${line}`);
      // Lines of a list begin with other characters.
      if (/^\p{L}/u.test(line)) others++;
      continue;
    }
    const line1 = first + at;
    let written = behind.trim();
    const marks = /^(?:'''|""")/.exec(written)?.[0];
    if (marks !== undefined) {
      const end = lines.findIndex(
        (other, index) => index >= at && other.includes(marks, index === at ? line.indexOf(marks) + 3 : 0),
      );
      if (end > at) written = [written, ...lines.slice(at + 1, end + 1)].join("\n").trimEnd();
      at = Math.max(at, end);
    }
    entries.push({ line: line1, key, table, written, lines: [`${JSON.stringify(key)}: ${tomlAsYaml(written)}`] });
  }
  return entries.length > others || lines.every((line) => line.trim() === "") ? entries : undefined;
}

function tomlAsYaml(written: string): string {
  if (/^[+-]?\d[\d_]*(?:\.[\d_]+)?$/.test(written)) return written.replaceAll("_", "");
  // A line end right after the opening quotes is no part of the text.
  const text = /^('''|""")\n?(.*?)\1[ \t]*(?:#.*)?$/s.exec(written)?.[2];
  return text === undefined ? written : JSON.stringify(text);
}
