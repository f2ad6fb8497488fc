/** `hpd index`: builds an index of files for `hpd search`, and describes one. */

import { nearest } from "../common/nearest.ts";
import { grouped } from "../common/numbers.ts";
import { printableLine } from "../common/printable.ts";
import { PassageIndex } from "../passage-index/index.ts";
import { type CommandContext, defineCommand, onlyArgument } from "./command.ts";
import { buildSettings, runBuild } from "./index-build.ts";
import { modelSettings } from "./model.ts";
import type { Sections, TableOf, ValuesOf } from "./settings/table.ts";
import { print, printJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const sections = {
  Files: {
    about:
      "By their extensions, .gz and .zst decompressed; folders are searched, hidden files and node_modules are skipped:",
    terms: {
      ".md .markdown": "passages of a section, with its headings; YAML front matter becomes metadata",
      ".jsonl .csv .tsv":
        "each row is a document: --field names its text, the other fields are metadata. Rows without a text or of " +
        "another form are skipped and reported",
      ".json": "rows as well: an array of texts or objects, or one object with the field; any other JSON is plain text",
      ".html .htm": "as Markdown, without navigation; needs the package htmlparser2",
      ".pdf": "passages of a page, whose number is the metadata page; needs the package unpdf",
      "any other text": "prose; with --lines every line is a passage",
    },
  },
  Building: {
    settings: { ...buildSettings, json: { kind: "switch", help: "print the report of build or info as JSON" } },
    notes:
      "A rebuild of an existing index keeps its --field, --lines, --chunk-tokens, --overlap, --precision and model.",
  },
  Model: { settings: modelSettings },
} as const satisfies Sections;

type Context = CommandContext<ValuesOf<TableOf<typeof sections>>>;

const subcommands: Readonly<Record<string, (context: Context) => Promise<void>>> = {
  build: runBuild,
  info: runInfo,
};

export const indexCommand = defineCommand({
  summary: "build an index of files for hpd search",
  usage: ["index build FILE|FOLDER... --out INDEX [options]", "index info INDEX [--json]"],
  about: `
    build stores the passages of the files and their embeddings in INDEX. Run again, it embeds only new and changed
    passages and removes those of files that are gone. Ctrl-C or a crash loses a few seconds of work: run it again.

    info describes an index: its model, its settings, its metadata fields.`,
  sections,
  examples: {
    "Index a folder of notes": "hpd index build notes/ --out notes.index",
    "Index one field of JSON lines": "hpd index build articles.jsonl --field body --out articles.index",
    "Index into PostgreSQL": 'hpd index build notes/ --out "postgres://me@localhost/notes?schema=notes"',
    "Search an index": 'hpd search notes.index "what did we decide about the index?"',
  },
  async run(context) {
    const [name, ...positionals] = context.positionals;
    const run = name !== undefined && Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
    if (run !== undefined) return run({ ...context, positionals });
    const forms = `hpd index ${Object.keys(subcommands).join(" | ")}`;
    if (name === undefined) throw new UsageError(`missing subcommand: ${forms}`);
    const hint = nearest(name, Object.keys(subcommands));
    throw new UsageError(`there is no subcommand ${JSON.stringify(name)}${hint}: ${forms}`);
  },
});

async function runInfo({ values, positionals }: Context): Promise<void> {
  const other = Object.keys(values).find((name) => name !== "json");
  if (other !== undefined) throw new UsageError(`hpd index info has no option --${other}`);
  const location = onlyArgument(positionals, "INDEX");
  await using index = await PassageIndex.open(location);
  const files = await index.files();
  const documents = (await index.documents()).length;
  const passages = await index.count();
  const fields = await index.fields();
  if (values.json) {
    printJson({ ...index.description, passages, files, documents, fields });
    return;
  }
  const { model, dimension, isNormalized, similarity, precision, settings, formatVersion } = index.description;
  const facts: [string, string][] = [
    ["passages", grouped(passages)],
    ["files", grouped(files.length)],
    ...(documents > 0 ? [["documents", grouped(documents)] satisfies [string, string]] : []),
    ["model", model.name],
    ["fingerprint", model.fingerprint],
    ["dimension", String(dimension)],
    ["similarity", `${similarity}${isNormalized ? ", embeddings of length 1" : ""}`],
    ["precision", precision],
    ["field of rows", settings.field],
    ["plain text", settings.lines ? "every line is a passage" : "prose"],
    ["chunks", `${settings.chunkTokens} tokens, ${settings.overlapTokens} of them shared`],
    ["fields", fields.map(({ name, types }) => `${name} (${types.join(", ")})`).join(", ") || "none"],
    ["format", String(formatVersion)],
  ];
  print(
    `${printableLine(index.name)}\n\n`,
    ...facts.map(([name, value]) => `${name.padEnd(16)}${printableLine(value)}\n`),
  );
}
