/**
 * The plain text of a Markdown heading, as a reader sees it. Images (badges, logos), HTML tags, link targets and marks
 * of emphasis are left out; code spans and escaped characters stay as they are.
 *
 * Source: the inlines of CommonMark 0.31. Time is at most quadratic in `longestTitle`.
 */

/** Maximum UTF-16 code units of a heading that are parsed. */
const longestTitle = 1000;

/** Characters around the index of a literal, which is hidden from the rules of markup. */
const [open, close] = ["\ue000", "\ue001"];

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

export function plainHeading(markdown: string): string {
  const literals: string[] = [];
  const keep = (text: string) => `${open}${literals.push(text) - 1}${close}`;
  const marked = markdown
    .slice(0, longestTitle)
    .replace(/[\ue000\ue001]/g, "")
    .replace(/\\([!-/:-@[-`{-~])|(`+)(?!`)(.*?[^`])\2(?!`)/g, (_, escaped, _ticks, code) =>
      keep(escaped ?? code.trim()),
    )
    .replace(/<!--.*?(?:-->|$)/g, "")
    .replace(/<\/?[a-z][^<>]*>/gi, "");
  const text = withoutLinks(marked)
    .replace(/(\*{1,3})(?=[^\s*])(.*?[^\s*])\1/g, "$2")
    .replace(/(?<![\p{L}\p{N}_])(_{1,3})(?=[^\s_])(.*?[^\s_])\1(?![\p{L}\p{N}_])/gu, "$2")
    .replace(/~~(?=\S)(.*?\S)~~/g, "$1")
    .replace(/\s\{#[^{}\s]*\}\s*$/, "")
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi, (all, decimal, hexadecimal, name) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? all;
      const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
    })
    .replace(/\ue000(\d+)\ue001/g, (_, index) => literals[index]!);
  return text.replace(/\s+/g, " ").trim();
}

/** The text with links replaced by their texts, and without images. */
function withoutLinks(text: string): string {
  /** Text before each open bracket, and whether it is that of an image. */
  const outer: { before: string; isImage: boolean }[] = [];
  let current = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "[") {
      const isImage = current.endsWith("!");
      outer.push({ before: isImage ? current.slice(0, -1) : current, isImage });
      current = "";
    } else if (character === "]" && outer.length > 0) {
      const { before, isImage } = outer.pop()!;
      const end = endOfTarget(text, at + 1);
      if (end !== undefined) at = end - 1;
      const isLink = isImage || end !== undefined;
      current = `${before}${isLink ? (isImage ? "" : current) : `[${current}]`}`;
    } else {
      current += character;
    }
  }
  return outer.map(({ before, isImage }) => `${before}${isImage ? "!" : ""}[`).join("") + current;
}

/** The end of the `(target)` or `[reference]` that begins at `start`; undefined if none does. */
function endOfTarget(text: string, start: number): number | undefined {
  const first = text[start];
  if (first !== "(" && first !== "[") return undefined;
  const last = first === "(" ? ")" : "]";
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === first) depth++;
    else if (text[at] === last && --depth === 0) return at + 1;
  }
  return undefined;
}
