/** `hpd index`: files become an index to search, and what there is in one. */

import { nearest } from "../common/nearest.ts";
import { printableLine } from "../common/printable.ts";
import { PassageIndex } from "../passage-index/index.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { buildFlags, buildFlagsHelp, runBuild } from "./index-build.ts";
import { modelFlags, modelFlagsHelp } from "./model.ts";
import { grouped } from "./progress.ts";
import { print, printJson } from "./terminal.ts";

const subcommands: Readonly<Record<string, (context: CommandContext) => Promise<void>>> = {
  build: runBuild,
  info: runInfo,
};

export const indexCommand: Command = {
  summary: "files become an index, for hpd search",
  help: `Usage: hpd index build FILE|FOLDER... --out INDEX [options]
       hpd index info INDEX [--json]

build makes INDEX hold the passages of the files, with their embeddings. Run again, it embeds only what is new or has
changed, and what is no longer among the files disappears. Ctrl-C or a kill loses a few seconds of work: run it again.

Files, told by their extensions; .gz is unzipped; hidden ones and node_modules are passed over:
  .md .markdown            the passages of a section, with its headings; YAML front matter becomes metadata
  .jsonl .csv .tsv         a row is a document: --field is its text, the other fields are metadata. Rows without a
                           text, or of another form, are left out and told
  .json                    an array of strings or objects is rows, too, and an object with that field; others are text
  any other text           prose; with --lines every line is a passage

${buildFlagsHelp}

${modelFlagsHelp}

Examples:
  hpd index build notes/ --out notes.index
  hpd index build articles.jsonl --field body --out articles.index
  hpd index build notes/ --out "postgres://me@localhost/notes?schema=notes"
  hpd search notes.index "what did we decide about the index?"`,
  options: { ...buildFlags, ...modelFlags, json: { type: "boolean" } },
  async run(context) {
    const [name, ...positionals] = context.positionals;
    const run = name !== undefined && Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
    if (run !== undefined) return run({ ...context, positionals });
    const known = Object.keys(subcommands).join(" or ");
    if (name === undefined) throw new UsageError(`hpd index what? ${known}`);
    const hint = nearest(name, Object.keys(subcommands));
    throw new UsageError(`hpd index ${name} is not known, only ${known}${hint}`);
  },
};

async function runInfo({ flags, positionals }: CommandContext): Promise<void> {
  if (positionals.length !== 1) throw new UsageError("hpd index info takes one index");
  await using index = await PassageIndex.open(positionals[0]!);
  const files = await index.files();
  const passages = await index.count();
  const fields = await index.fields();
  if (flags.json) {
    printJson({ ...index.description, passages, files, fields });
    return;
  }
  const { model, dimension, isNormalized, similarity, precision, settings, formatVersion } = index.description;
  const facts: [string, string][] = [
    ["passages", grouped(passages)],
    ["files", grouped(files.length)],
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
