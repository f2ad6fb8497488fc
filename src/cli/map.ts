/** `hpd map`: a map of a file of texts as one HTML page. */
import { basename } from "node:path";
import { drawTexts } from "../common/draw-texts.ts";
import { grouped, sizeText } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { printableLine } from "../common/printable.ts";
import { HpdError } from "../errors.ts";
import { PartialFile } from "../files/partial-file.ts";
import { buildMap, mapHtml, type TextMap } from "../map/index.ts";
import { Random } from "../random.ts";
import { openTexts } from "../texts/open-texts.ts";
import { textOrEmptyOf } from "../texts/row.ts";
import { withoutZip } from "../texts/unzip.ts";
import { defineCommand, onlyArgument } from "./command.ts";
import { inputAbout, inputSettings, inputTerms } from "./input.ts";
import { loadModel, modelSettings } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { requireUncompressed } from "./output/require-uncompressed.ts";
import { progressSettings } from "./progress.ts";
import { promptOptions, promptSettings } from "./prompt.ts";
import { nonNegativeInteger, positiveInteger, type Sections } from "./settings/table.ts";
import { Stages } from "./stages.ts";
import { print, printJson } from "./terminal.ts";

const sections = {
  Input: {
    about: `${inputAbout}:`,
    terms: inputTerms,
    settings: {
      ...inputSettings,
      limit: {
        ...positiveInteger,
        default: 50_000,
        help: "maximum number of texts; of a larger file, a random sample",
      },
    },
    notes: "Lines and rows without text, or with null, are left out.",
  },
  Output: {
    settings: {
      out: {
        kind: "text",
        short: "o",
        value: "PAGE.html",
        required: true,
        help: "the page; it appears when it is complete",
      },
      title: { kind: "text", value: "TEXT", help: "title of the page", defaultsTo: "the file's name" },
      coordinates: {
        kind: "text",
        value: "FILE.jsonl",
        help:
          'one {"text": ..., "x": ..., "y": ..., "cluster": ..., "topic": ...} per line, for plots of your own; cluster ' +
          "and topic are indices, from 0, of those that --json lists",
      },
      json: { kind: "switch", help: "print clusters, topics and the seconds of each stage as JSON" },
      ...progressSettings,
    },
  },
  Map: {
    settings: {
      clusters: {
        ...positiveInteger,
        help: "maximum number of clusters",
        defaultsTo: "the cube root of the number of texts: 10 for 1,000, 37 for 50,000",
      },
      neighbors: {
        kind: "integer",
        value: "N",
        expected: "an integer of at least 2",
        isValid: (value) => value >= 2,
        help: "nearest neighbours, itself included, that decide a text's place: more preserve the whole, fewer the details",
        defaultsTo: "15",
      },
      "min-dist": {
        kind: "number",
        value: "D",
        expected: "a number from 0 to 1",
        isValid: (value) => value >= 0 && value <= 1,
        help: "minimum distance of texts on the map, 0 to 1",
        defaultsTo: "0.1",
      },
      seed: { ...nonNegativeInteger, default: 0, help: "seed of sampling and layout; equal seeds give equal maps" },
      ...promptSettings,
    },
  },
  Model: { settings: modelSettings },
} as const satisfies Sections;

export const mapCommand = defineCommand({
  summary: "draw a map of a file of texts as one HTML page",
  usage: "map FILE --out PAGE.html [options]",
  about: `
    Embeds the texts, places similar ones close to each other, finds clusters and names each by its most characteristic
    words. The page needs neither network nor server: zoom, search for words, select a cluster or a text and see its
    nearest neighbours. The slowest part is the search for neighbours, whose time grows with the square of the number of
    texts.`,
  sections,
  examples: {
    "Map one column of a table": "hpd map tickets.csv --field subject --out tickets.html",
    "Map lines of text, with a title and at most 40 clusters":
      'hpd map questions.txt.gz --out questions.html --title "What people ask" --clusters 40',
  },
  async run(context) {
    const { values, positionals, signal } = context;
    const file = onlyArgument(positionals, "FILE");
    const { out, limit, seed, title = titleOf(file) } = values;
    requireUncompressed(out, values.coordinates);
    await requireSeparateOutputs(values, [file], ["out", "coordinates"]);
    const stages = new Stages(values);
    try {
      await using outputs = new Outputs();
      const page = await outputs.add(PartialFile.create(out));
      const coordinates =
        values.coordinates === undefined ? undefined : await outputs.add(PartialFile.create(values.coordinates));
      stages.begin("reading");
      const { field, "input-format": format } = values;
      const source = await openTexts(file, { format, field, signal, textOfRow: textOrEmptyOf });
      const { drawn, seen } = await drawTexts(source.texts, limit, new Random(seed));
      const texts = drawn.sort((a, b) => a.position - b.position).map(({ text }) => text);
      if (seen > limit) {
        stages.say(`${grouped(seen)} texts: a random sample of ${grouped(limit)} is on the map, see --limit`);
      }
      if (texts.length === 0)
        throw new HpdError("invalid_argument", `${file} should have texts, got only empty ones or none`);
      stages.begin("loading");
      await using model = await loadModel(context);
      stages.begin("embedding");
      const embeddings = await model.encode(texts, {
        ...promptOptions(context),
        onProgress: ({ done, total }) => stages.show("embedding", done, total),
      });
      const map = await buildMap(texts, embeddings, {
        ...defined({ clusters: values.clusters, neighbors: values.neighbors, minDist: values["min-dist"], seed }),
        signal,
        onProgress: ({ stage, done, total }) => stages.show(stage, done, total),
      });
      stages.begin("writing");
      const html = Buffer.from(mapHtml(map, { title }));
      await page.append(html);
      if (coordinates !== undefined) await writeCoordinates(coordinates, map);
      signal.throwIfAborted();
      await outputs.finish();
      stages.end();
      if (values.json) printJson(described(map, out, html.length, stages.seconds));
      else print(`${readable(map)}\n`);
      stages.say(`${out}, ${sizeText(html.length)}`);
    } finally {
      stages.end();
    }
  },
});

function titleOf(file: string): string {
  return file === "-" ? "Map of texts" : withoutZip(basename(file));
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
