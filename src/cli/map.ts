/** `hpd map`: a file of texts becomes a map of what is in it, one page. */
import { basename } from "node:path";
import { printableLine } from "../common/printable.ts";
import { HpdError } from "../errors.ts";
import type { Embeddings, SentenceTransformer } from "../index.ts";
import { buildMap, type MapOptions, mapHtml, type TextMap } from "../map/index.ts";
import { Random } from "../random.ts";
import { inputFormats, openTexts } from "../texts/open-texts.ts";
import { textOrEmptyOf } from "../texts/row.ts";
import {
  type Command,
  type CommandContext,
  choiceFlag,
  type Flags,
  oneFile,
  positiveIntegerFlag,
  stringFlag,
  UsageError,
} from "./command.ts";
import { loadModel, modelFlags, modelFlagsHelp } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { PartialFile } from "./output/partial-file.ts";
import { grouped, type ProgressLine, progressFlags, progressLineFor, Rate } from "./progress.ts";
import { promptFlags, promptFlagsHelp, promptOptions } from "./prompt.ts";
import { print, printJson, say } from "./terminal.ts";

const defaultLimit = 50_000;

export const mapCommand: Command = {
  summary: "a file of texts becomes a map of what is in it, one page",
  help: `Usage: hpd map FILE --out PAGE.html [options]

Embeds the texts, places those that are alike beside each other, finds clusters and names them by their most telling words.
The page needs no network and no server: zoom, search by typing words, pick a cluster or a text and see what is most
like it. What takes long is the search for neighbours, with the square of the number of texts.

Input, told by the file's extension; .gz is unzipped:
  .jsonl .ndjson           one JSON object a line; the text is the field that --field names
  .json                    an array of strings, or of objects with that field; or one object
  .csv .tsv                with a header row; the text is the column that --field names
  .parquet                 the text is the column that --field names
  anything else            text: every line is one text
                           Lines and rows without text, null among them, are left out.
  --field NAME             default: text
  --input-format FORMAT    ${inputFormats.join(", ")}: instead of the extension, for standard input ("-")
  --limit N                of a larger file a random sample of so many texts (default: ${grouped(defaultLimit)})

Output:
  -o, --out PAGE.html      appears when it is whole
  --title TEXT             at its top (default: the file's name)
  --coordinates FILE.jsonl {"text": ..., "x": ..., "y": ..., "cluster": ..., "topic": ...} a line, for plots of your own;
                           cluster and topic count from 0, as --json lists them
  --json                   print clusters and topics as JSON, and what took how long
  --progress               show progress where stderr is no terminal
  --quiet                  say nothing on stderr but errors

Map:
  --clusters N             at most (default: the cube root of the number of texts: 10 for 1,000, 37 for 50,000)
  --neighbors N            of each text, itself included, by which it is placed: more shows the whole, fewer the parts;
                           2 or more (default: 15)
  --min-dist D             how close texts may come to each other, 0 to 1 (default: 0.1)
  --seed N                 equal seeds give equal maps (default: 0)
${promptFlagsHelp("put before every text")}

${modelFlagsHelp}

Examples:
  hpd map tickets.csv --field subject --out tickets.html
  hpd map questions.txt.gz --out questions.html --title "What people ask" --clusters 40`,
  options: {
    ...modelFlags,
    field: { type: "string" },
    "input-format": { type: "string" },
    limit: { type: "string" },
    out: { type: "string", short: "o" },
    title: { type: "string" },
    coordinates: { type: "string" },
    clusters: { type: "string" },
    neighbors: { type: "string" },
    "min-dist": { type: "string" },
    seed: { type: "string" },
    ...promptFlags,
    ...progressFlags,
  },
  async run(context) {
    const { flags, positionals, signal } = context;
    const file = oneFile(positionals);
    const paths = outputPaths(flags);
    const options = mapOptions(flags);
    const limit = positiveIntegerFlag(flags, "limit") ?? defaultLimit;
    await requireSeparateOutputs(flags, [file], ["out", "coordinates"]);
    const stages = new Stages(flags);
    try {
      await using outputs = new Outputs();
      const page = await outputs.add(PartialFile.create(paths.out));
      const coordinates =
        paths.coordinates === undefined ? undefined : await outputs.add(PartialFile.create(paths.coordinates));
      stages.begin("reading");
      const { texts, seen } = await readTexts(context, file, limit, options.seed);
      if (seen > limit) {
        stages.say(`${grouped(seen)} texts: a random sample of ${grouped(limit)} is on the map, see --limit`);
      }
      if (texts.length === 0) throw new HpdError("invalid_argument", `${file} has no text, or only empty ones`);
      stages.begin("loading");
      await using model = await loadModel(context);
      const embeddings = await embed(context, model, texts, stages);
      const map = await buildMap(texts, embeddings, {
        ...options,
        signal,
        onProgress: ({ stage, done, total }) => stages.show(stage, done, total),
      });
      stages.begin("writing");
      const html = Buffer.from(mapHtml(map, { title: stringFlag(flags, "title") ?? titleOf(file) }));
      await page.append(html);
      if (coordinates !== undefined) await writeCoordinates(coordinates, map);
      signal.throwIfAborted();
      await outputs.finish();
      stages.end();
      if (flags.json) printJson(described(map, paths.out, html.length, stages.seconds));
      else print(`${readable(map)}\n`);
      stages.say(`${paths.out}, ${(html.length / 1e6).toFixed(1)} MB`);
    } finally {
      stages.end();
    }
  },
};

function outputPaths(flags: Flags): { out: string; coordinates: string | undefined } {
  const out = stringFlag(flags, "out");
  if (out === undefined) throw new UsageError("--out says where the page goes: --out map.html");
  return { out, coordinates: stringFlag(flags, "coordinates") };
}

function mapOptions(flags: Flags): Pick<MapOptions, "clusters" | "neighbors" | "minDist" | "seed"> {
  const number = (name: string, isRight: (value: number) => boolean, expected: string): number | undefined => {
    const value = stringFlag(flags, name);
    if (value === undefined) return undefined;
    if (value.trim() !== "" && isRight(Number(value))) return Number(value);
    throw new UsageError(`--${name} should be ${expected}, got ${JSON.stringify(value)}`);
  };
  const options = {
    clusters: positiveIntegerFlag(flags, "clusters"),
    neighbors: number("neighbors", (value) => Number.isSafeInteger(value) && value >= 2, "an integer of at least 2"),
    minDist: number("min-dist", (value) => value >= 0 && value <= 1, "a number from 0 to 1"),
    seed: number("seed", (value) => Number.isSafeInteger(value) && value >= 0, "an integer"),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** All of them, or where there are more than the limit a random sample in their order (Vitter's algorithm R). */
async function readTexts(
  { flags, signal }: CommandContext,
  file: string,
  limit: number,
  seed = 0,
): Promise<{ texts: string[]; seen: number }> {
  const format = choiceFlag(flags, "input-format", inputFormats);
  const source = await openTexts(file, {
    format,
    field: stringFlag(flags, "field") ?? "text",
    signal,
    textOfRow: textOrEmptyOf,
  });
  const random = new Random(seed);
  const sample: { position: number; text: string }[] = [];
  let seen = 0;
  for await (const text of source.texts) {
    if (text.trim() === "") continue;
    const place = seen < limit ? seen : random.nextInteger(seen + 1);
    // What replaces another is copied: else each keeps the 64 kB in memory of which it was cut, 3 GB for 50,000.
    if (place < limit) sample[place] = { position: seen, text: seen < limit ? text : Buffer.from(text).toString() };
    seen++;
  }
  const texts = sample.sort((a, b) => a.position - b.position).map(({ text }) => text);
  return { texts, seen };
}

async function embed(
  context: CommandContext,
  model: SentenceTransformer,
  texts: readonly string[],
  stages: Stages,
): Promise<Embeddings> {
  stages.begin("embedding");
  return await model.encode(texts, {
    ...promptOptions(context),
    onProgress: ({ done, total }) => stages.show("embedding", done, total),
  });
}

function titleOf(file: string): string {
  return file === "-" ? "Map of texts" : basename(file).replace(/\.gz$/, "");
}

async function writeCoordinates(file: PartialFile, { texts, coordinates, topicOf, topics }: TextMap): Promise<void> {
  for (const [index, text] of texts.entries()) {
    const [x, y] = coordinates.subarray(2 * index, 2 * index + 2);
    const topic = topicOf[index]!;
    await file.append(Buffer.from(`${JSON.stringify({ text, x, y, cluster: topics[topic]!.cluster, topic })}\n`));
  }
}

function described(map: TextMap, out: string, bytes: number, seconds: Readonly<Record<string, number>>) {
  const { texts, clusters, topics } = map;
  return {
    out,
    bytes,
    texts: texts.length,
    clusters: clusters.map(({ terms, size }) => ({ terms, size })),
    topics: topics.map(({ terms, size, cluster }) => ({ terms, size, cluster })),
    seconds,
  };
}

function readable({ texts, clusters }: TextMap): string {
  return clusters
    .map(({ terms, size }) => {
      const part = `${((100 * size) / texts.length).toFixed(1)} %`;
      return `${grouped(size).padStart(8)}  ${part.padStart(6)}  ${printableLine(terms.join(" · "))}`;
    })
    .join("\n");
}

/** What is being done, on stderr, and how long each part took. */
class Stages {
  readonly seconds: Record<string, number> = {};
  readonly #isQuiet: boolean;
  readonly #line: ProgressLine;
  #stage: string | undefined;
  #start = 0;
  #rate = new Rate();

  constructor(flags: Flags) {
    this.#isQuiet = flags.quiet === true;
    this.#line = progressLineFor(flags);
  }

  begin(stage: string): void {
    this.end();
    this.#stage = stage;
    this.#start = performance.now();
    this.#rate = new Rate();
  }

  show(stage: string, done: number, total: number): void {
    if (stage !== this.#stage) this.begin(stage);
    this.#line.show(() => {
      const timeLeft = done < total ? this.#rate.timeLeft(done / total) : "";
      return `${stage}: ${grouped(done)} of ${grouped(total)}${timeLeft === "" ? "" : `, ${timeLeft} left`}`;
    });
  }

  end(): void {
    this.#line.clear();
    if (this.#stage !== undefined) {
      this.seconds[this.#stage] = Number(((performance.now() - this.#start) / 1000).toFixed(1));
    }
    this.#stage = undefined;
  }

  say(message: string): void {
    this.#line.clear();
    if (!this.#isQuiet) say(message);
  }
}
