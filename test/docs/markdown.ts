/** The code blocks of a Markdown page, and the page as a program. */

export interface Block {
  readonly language: string;
  /** The line of its fence, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** The name of the file that the block is, where its first line is a comment with nothing but a name. */
  readonly file?: string;
  /** Why it isn't run: `<!-- not run: REASON -->` stands above it. */
  readonly notRun?: string;
}

export function blocksOf(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, language] = /^```(.*)$/.exec(lines[at]!) ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: the block has no end`);
    const code = lines.slice(at + 1, end);
    const above = lines.slice(0, at).findLast((line) => line !== "") ?? "";
    const [, notRun] = /^<!-- not run: (.+) -->$/.exec(above) ?? [];
    const [, file] = /^(?:\/\/|#) ([\w.-]+\.\w+)$/.exec(code[0] ?? "") ?? [];
    blocks.push({ language, line: at + 1, code: code.join("\n"), ...(file && { file }), ...(notRun && { notRun }) });
    at = end;
  }
  return blocks;
}

/** Whether a block is part of the page's program, by itself or as commands. */
export const isCommands = ({ language }: Block): boolean => language === "sh" || language === "console";

/**
 * All TypeScript blocks of a page as one module, each line where it stands in the page, so that errors name its lines.
 * Commands run where they stand. What `console.log(...); // OUTPUT` prints is compared with OUTPUT.
 */
export function programOf(text: string, runs: (block: Block) => boolean): string {
  const lines = text.split("\n").map(() => "");
  for (const block of blocksOf(text)) {
    if (block.file !== undefined || !runs(block)) continue;
    if (isCommands(block)) lines[block.line - 1] = `await commands(${block.line});`;
    if (block.language !== "ts") continue;
    for (const [index, line] of block.code.split("\n").entries()) {
      const number = block.line + 1 + index;
      lines[number - 1] = line.replace(
        /^(\s*)console\.log\((.*)\); \/\/ (.+)$/,
        (_, indent, values, expected) => `${indent}printed(${number}, ${JSON.stringify(expected)}, ${values});`,
      );
    }
  }
  return `${lines.join("\n")}\nawait ended();\nexport {};\n`;
}
