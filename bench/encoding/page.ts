/** The page of a run: every figure, what it was measured on and how, and the command that measures it again. */
import { median, spread } from "../statistics.ts";
import type { Likeness } from "../work.ts";
import { format } from "./bars.ts";
import { bulkTasks, type EngineRecord, type Figures, type FirstPass, figuresOf, type Results } from "./results.ts";

interface Row {
  readonly engine: EngineRecord;
  readonly figures: Figures;
  readonly pass: FirstPass | undefined;
}

interface Column {
  readonly title: string;
  /** A number that the best of those that compute alike is found by, and its text. */
  readonly cell: (row: Row) => readonly [value: number | undefined, text: string];
  readonly best?: "highest" | "lowest";
}

const rowsOf = (results: Results): Row[] =>
  results.engines.map((engine) => ({
    engine,
    figures: figuresOf(results, engine.name),
    pass: results.firstPasses.find((pass) => pass.engine === engine.name),
  }));

function number(value: number | undefined, digits = 0): readonly [number | undefined, string] {
  return [value, value === undefined || Number.isNaN(value) ? "-" : format(value, digits)];
}

/** The median, which is what is compared, and the 99th percentile. */
function quantiles(value: Figures["query"], digits: number): readonly [number | undefined, string] {
  return value === undefined
    ? number(undefined)
    : [value.p50, `${format(value.p50, digits)} (${format(value.p99, digits)})`];
}

const shares = (value: number | undefined): readonly [number | undefined, string] =>
  value === undefined ? number(undefined) : [value, `${format(100 * value, 0)} %`];

/** Enough digits to tell it from 1. */
function cosine(value: number): string {
  const digits = [4, 5, 6, 7].find((count) => Number(value.toFixed(count)) < 1);
  return digits === undefined ? "1" : value.toFixed(digits);
}

const likeness = (value: Likeness | undefined): readonly [undefined, string] => [
  undefined,
  value === undefined ? "-" : `${cosine(value.meanCosine)} (${cosine(value.minCosine)})`,
];

const speedColumns: readonly Column[] = [
  { title: "short", best: "highest", cell: ({ figures }) => number(figures.rates.short) },
  { title: "mixed", best: "highest", cell: ({ figures }) => number(figures.rates.mixed) },
  { title: "long", best: "highest", cell: ({ figures }) => number(figures.rates.long, 1) },
  { title: "64 callers", best: "highest", cell: ({ figures }) => number(figures.callers) },
  { title: "one query", best: "lowest", cell: ({ figures }) => quantiles(figures.query, 2) },
  { title: "one long text", best: "lowest", cell: ({ figures }) => quantiles(figures.passage, 1) },
  { title: "beside a bulk", best: "lowest", cell: ({ figures }) => quantiles(figures.beside, 1) },
  { title: "the bulk keeps", cell: ({ figures }) => shares(figures.besideShare) },
];

const qualityColumns: readonly Column[] = [
  { title: "cosine, short", cell: ({ pass }) => likeness(pass?.short) },
  { title: "cosine, long", cell: ({ pass }) => likeness(pass?.long) },
  {
    title: "largest difference",
    cell: ({ pass }) => [undefined, pass === undefined ? "-" : pass.short.maxDifference.toExponential(1)],
  },
  { title: "STS-B", cell: ({ pass }) => number(pass?.stsb, 2) },
];

const processColumns: readonly Column[] = [
  { title: "start, ms", best: "lowest", cell: ({ figures }) => number(figures.startMs) },
  { title: "memory, short texts, MiB", best: "lowest", cell: ({ pass }) => number(pass?.shortMiB) },
  { title: "memory, all texts, MiB", best: "lowest", cell: ({ pass }) => number(pass?.allMiB) },
  {
    title: "event loop, p99 (max), ms",
    cell: ({ pass }) => {
      const delay = pass?.eventLoop;
      return [undefined, delay === undefined ? "-" : `${format(delay.p99, 1)} (${format(delay.max, 1)})`];
    },
  },
];

/** Those that compute in float32, then the others; the best of each kind in bold. */
function table(rows: readonly Row[], columns: readonly Column[], first = ""): string {
  const lines = [
    `| ${[first, ...columns.map(({ title }) => title)].join(" | ")} |`,
    `|---|${columns.map(() => "---:|").join("")}`,
  ];
  for (const isExact of [true, false]) {
    const alike = rows.filter(({ engine }) => engine.isExact === isExact);
    for (const row of alike) {
      const cells = columns.map(({ cell, best }) => {
        const [value, text] = cell(row);
        if (best === undefined || value === undefined || alike.length < 2) return text;
        const others = alike.map((other) => cell(other)[0]).filter((other) => other !== undefined);
        const isBest = value === (best === "highest" ? Math.max(...others) : Math.min(...others));
        return isBest ? `**${text}**` : text;
      });
      lines.push(`| ${[row.engine.name, ...cells].join(" | ")} |`);
    }
  }
  return lines.join("\n");
}

/** The table of the README: fewer columns. */
export function shortTable(results: Results): string {
  const isShown = ({ title }: Column) => !["64 callers", "one long text", "the bulk keeps"].includes(title);
  const columns = [...speedColumns.filter(isShown), qualityColumns[0]!];
  const units = new Map([
    ["one query", "one query, ms"],
    ["beside a bulk", "beside a bulk, ms"],
    ["cosine, short", "cosine to fp32"],
  ]);
  return table(
    rowsOf(results),
    columns.map((column) => ({ ...column, title: units.get(column.title) ?? `${column.title} texts/s` })),
  );
}

/** What stands in the README between its two comments. */
export function readmeFigures(results: Results, page: string): string {
  const { count, tokens } = results.texts.short;
  return `${results.model}: ${format(count, 0)} STS sentences (${format(tokens / count, 0)} tokens on average), ${results.texts.mixed.count} texts of 1 to 512 tokens and ${results.texts.long.count} of 256; one
query alone and beside a bulk of short texts, p50 (p99); mean (lowest) cosine to float32. Every library in the same run, by turns, with its
best settings: ${machineInWords(results)}; ${results.date}, medians of ${rounds(results)}.

${shortTable(results)}

[The whole page](${page}) has bars, memory, start, settings and versions; \`${results.command}\` measures it again.`;
}

function machineInWords({ machine }: Results): string {
  const instructions = machine.instructions.length === 0 ? "" : ` (${machine.instructions.join(", ")})`;
  return `${machine.processor}, ${machine.cores} cores${instructions}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node.slice(1)}`;
}

/** How often each engine had its turn: of all tasks the same, unless the run was interrupted. */
function rounds({ samples }: Results): string {
  const count = Math.max(0, ...samples.map(({ round }) => round));
  return `${count} ${count === 1 ? "round" : "rounds"}`;
}

/** @param picture the SVG's path from the page */
export function pageOf(results: Results, picture: string): string {
  const rows = rowsOf(results);
  const { texts } = results;
  const tokens = (task: "short" | "mixed" | "long") => format(texts[task].tokens / texts[task].count, 0);
  return `# Speed of encoding: ${results.model}

${machineInWords(results)}; ${results.date}, ${rounds(results)}.
Written by \`${results.command}\`; the JSON beside this page has every turn. Figures are for comparison within this page.

![The figures of the tables as bars](${picture})

Paler bars: less than float32.

## Speed

${table(rows, speedColumns)}

Texts a second of ${format(texts.short.count, 0)} short texts (${tokens("short")} tokens on average), ${texts.mixed.count} of 1 to 512 tokens (${tokens("mixed")}) and ${texts.long.count} of up to 256 (${tokens("long")}), and by
64 callers of one short text each; milliseconds, p50 (p99), of one query of 7 words and of one of the long texts, alone, and of a query while short texts
are encoded in one call, and how much of its speed that call keeps. **Bold**: the best among those that compute in float32, and among the others.

${ratios(rows)}

## Quality

${table(rows, qualityColumns)}

Cosines to the embeddings of hpd fp32, mean (lowest), of the short and of the long texts; the largest difference of any component;
Spearman's correlation x 100 on the test pairs of STS-B.

## Start and memory

${table(rows, processColumns)}

From the import of the library to the first vector, in a process of its own, files in the page cache; \`VmHWM\` of a process that encodes
many texts, after the short and after all; how late a timer of 1 ms fires while short texts are encoded, where a caller has an event loop.

${profile(results, rows)}## Settings

${results.engines.map(({ name, settings, versions }) => `- ${name}: ${settings} (${inWords(versions)})`).join("\n")}

All read the same model, which is not cut before ${512} tokens, and have its pooling and all that follows inside; texts that are given
sorted and in batches are so because that is the fastest for their library. Each has its library's default number of threads.

${leftOut(results)}## How

Each engine is a process of its own. After a pass over all texts, which gives quality and memory, and warms up, all take turns at
one task after the other, in an order by chance; each turn begins with some texts that are not timed. Figures are medians of the
rounds, quantiles those of all queries together. ${spreads(results)}
\`tools/bench/README.md\` of the repository says how to install the other libraries.
`;
}

/** How many times as fast as each other engine ours are, of those that compute alike. */
function ratios(rows: readonly Row[]): string {
  const lines = [true, false].flatMap((isExact) => {
    const alike = rows.filter(({ engine }) => engine.isExact === isExact);
    const isOwn = ({ engine }: Row) => engine.name.startsWith("hpd");
    return alike.filter(isOwn).map((own) => {
      const others = alike
        .filter((other) => !isOwn(other))
        .map((other) => `${other.engine.name} ${timesAs(own, other)}`);
      return others.length === 0 ? [] : `- ${own.engine.name}, times as fast, short / long texts: ${others.join("; ")}`;
    });
  });
  return lines.flat().join("\n");
}

function timesAs({ figures: own }: Row, { figures: other }: Row): string {
  const ratio = (task: "short" | "long") =>
    number((own.rates[task] ?? Number.NaN) / (other.rates[task] ?? Number.NaN), 2)[1];
  return `${ratio("short")} / ${ratio("long")}`;
}

function profile({ machine, texts }: Results, rows: readonly Row[]): string {
  const shares = rows.flatMap(({ engine, figures }) => {
    const rate = figures.rates.short;
    if (!engine.isExact || rate === undefined || machine.gigaflops === 0) return [];
    const each = texts.short.operations / texts.short.count;
    return [`${engine.name} ${format((100 * rate * each) / (machine.gigaflops * 1e9), 0)} %`];
  });
  if (shares.length === 0) return "";
  return `A large product of matrices alone reaches ${format(machine.gigaflops, 0)} GFLOP/s in ONNX Runtime here. Of that the short texts reach, counting only
the model's products without padding: ${shares.join(", ")}.

`;
}

function leftOut({ leftOut: missing }: Results): string {
  if (missing.length === 0) return "";
  return `Left out: ${missing.map(({ names, why }) => `${names} (${why})`).join("; ")}.\n\n`;
}

function inWords(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** How far rounds are from their median. */
function spreads(results: Results): string {
  const all = results.engines.flatMap(({ name }) =>
    bulkTasks.flatMap((task) => {
      const rates = results.samples
        .filter((sample) => sample.engine === name && sample.task === task)
        .map(({ texts, seconds }) => texts! / seconds!);
      return rates.length < 2 ? [] : [spread(rates)];
    }),
  );
  if (all.length === 0) return "There was one round.";
  const sorted = all.toSorted((a, b) => a - b);
  const percent = (value: number) => `${format(100 * value, 0)} %`;
  return `Rounds of bulks differ from their median by at most ${percent(sorted.at(-1)!)}, half of them by at most ${percent(median(sorted))}.`;
}
