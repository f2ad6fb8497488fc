/** The help of every command: complete, wrapped, with examples. */
import { expect, test } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { dedupeCommand } from "../../src/cli/dedupe.ts";
import { distillCommand } from "../../src/cli/distill.ts";
import { embedTableCommand } from "../../src/cli/embed-table.ts";
import { encodeCommand } from "../../src/cli/encode.ts";
import { evaluateCommand } from "../../src/cli/evaluate.ts";
import { indexCommand } from "../../src/cli/index.ts";
import { infoCommand } from "../../src/cli/info.ts";
import { mapCommand } from "../../src/cli/map.ts";
import { mcpCommand } from "../../src/cli/mcp.ts";
import { mergeCommand } from "../../src/cli/merge.ts";
import { mineCommand } from "../../src/cli/mine.ts";
import { quantizeCommand } from "../../src/cli/quantize.ts";
import { searchCommand } from "../../src/cli/search.ts";
import { serveCommand } from "../../src/cli/serve.ts";
import { definitions, helpWidth, paragraphs } from "../../src/cli/settings/help.ts";
import type { Setting } from "../../src/cli/settings/table.ts";
import { similarityCommand } from "../../src/cli/similarity.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { workCommand } from "../../src/cli/work.ts";

const commands: Record<string, Command> = {
  ...{ encode: encodeCommand, similarity: similarityCommand, index: indexCommand, search: searchCommand },
  ...{ dedupe: dedupeCommand, map: mapCommand, evaluate: evaluateCommand, mine: mineCommand },
  ...{
    distill: distillCommand,
    train: trainCommand,
    serve: serveCommand,
    mcp: mcpCommand,
    "embed-table": embedTableCommand,
    info: infoCommand,
    merge: mergeCommand,
    quantize: quantizeCommand,
    work: workCommand,
  },
};

test.each(Object.entries(commands))("hpd %s --help names every setting once, in lines that fit", (name, command) => {
  for (const width of [80, 100]) {
    const help = command.help(width);
    const [text, examples] = help.split("\nExamples:\n") as [string, string];
    expect(text.split("\n").filter((line) => line.length > width && !line.startsWith("Usage:"))).toEqual([]);
    expect(examples.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(examples).toContain(`hpd ${name}`);
    expect(text).toMatch(new RegExp(`^Usage: hpd ${name} `));
    for (const [setting, { kind }] of Object.entries(command.settings)) {
      const term = kind === "list" ? `${setting}:` : `(?:-\\w, )?--${setting}`;
      expect([setting, text.match(new RegExp(`^  ${term}(?= |$)`, "gm"))?.length]).toEqual([setting, 1]);
    }
  }
});

test.each(Object.entries(commands))("hpd %s: --output defaults to standard output, --out is needed", (_, command) => {
  const { out, output } = command.settings as Record<string, Setting | undefined>;
  expect([out, output]).toContain(undefined);
  if (output !== undefined) expect(output).toMatchObject({ short: "o", defaultsTo: "standard output" });
  if (out === undefined) return;
  expect(out).toMatchObject({ short: "o" });
  expect(command.help(100)).toMatch(/^Usage: .*--out [A-Z]/);
});

test("a setting's choices, defaults and whether it is required are in its text", () => {
  const lines = (command: Command) =>
    command
      .help(100)
      .replaceAll(/\n {26}/g, " ")
      .split("\n");
  expect(lines(encodeCommand)).toContain(
    "  --dtype T               arithmetic of the network; int8 is faster (one of fp32, int8; default: fp32)",
  );
  expect(lines(searchCommand)).toContain("  -k, --top-k N           maximum number of passages (default: 10)");
  expect(lines(mapCommand)).toContain("  -o, --out PAGE.html     the page; it appears when it is complete (required)");
});

test("paragraphs and definitions are wrapped at the width", () => {
  expect(paragraphs("one two\n  three\n\n  four", 9)).toBe("one two\nthree\n\nfour");
  expect(definitions({ a: "one two three", "--a-long-term-of-26-letters": "four" }, 35)).toBe(
    `  a${" ".repeat(23)}one two\n${" ".repeat(26)}three\n  --a-long-term-of-26-letters\n${" ".repeat(26)}four`,
  );
  expect([undefined, 40, 90, 200].map(helpWidth)).toEqual([100, 80, 90, 100]);
});
