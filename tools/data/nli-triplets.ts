/**
 * Triplets for contrastive training out of labelled NLI pairs: a premise, a hypothesis that it entails, and one that
 * contradicts it, as supervised SimCSE takes them (Gao et al., https://arxiv.org/abs/2104.08821).
 *
 *     node --conditions hpd-source tools/data/nli-triplets.ts NLI.tsv.gz ... --out triplets.jsonl [--at-most SOURCE=N ...]
 *         [--seed 42]
 *
 * Lines of the files, which have no header: label, premise, hypothesis and, if there is one, the source, with tabs between
 * them. Labels other than entailment and contradiction are passed over. Each entailed hypothesis is a row. The
 * contradictions of its premise take turns as its negative; where there are none, one of another premise of the same
 * source is drawn, of any source where that has fewer than 100. `--at-most` keeps so many rows of a source, drawn. Rows
 * come in random order.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Random } from "../../src/random.ts";
import { openDecoded } from "../../src/texts/decoded.ts";
import { linesOf } from "../../src/texts/lines.ts";

interface Premise {
  readonly source: string;
  readonly entailment: Set<string>;
  readonly contradiction: Set<string>;
}

interface Row {
  readonly anchor: string;
  readonly positive: string;
  readonly negative: string;
}

const { positionals: files, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    "at-most": { type: "string", multiple: true, default: [] },
    out: { type: "string" },
    seed: { type: "string", default: "42" },
  },
});
if (files.length === 0 || options.out === undefined) {
  throw new Error("files of NLI pairs and --out are missing: see the head of this program");
}
const random = new Random(Number(options.seed));
const limits = new Map(options["at-most"].map(limitOf));

const premises = await readPremises();
const contradictions = new Map<string, string[]>();
for (const { source, contradiction } of premises.values()) append(contradictions, source, contradiction);
const allContradictions = [...contradictions.values()].flat();
if (allContradictions.length === 0) throw new Error("no pair is labelled contradiction: there is nothing to draw from");

const rows = nliRows();
await writeFile(
  options.out,
  random.shuffle(rows).map((row) => `${JSON.stringify(row)}\n`),
);
console.error(`${options.out}: ${rows.length} rows`);

function limitOf(text: string): [source: string, rows: number] {
  const [, source, rows] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (source === undefined) throw new Error(`--at-most should be SOURCE=N, got ${text}`);
  return [source, Number(rows)];
}

async function readPremises(): Promise<Map<string, Premise>> {
  const found = new Map<string, Premise>();
  for (const file of files) {
    for await (const line of linesOfFile(file)) {
      const [label, premise = "", hypothesis = "", source = file] = line.split("\t");
      if (premise === "" || hypothesis === "")
        throw new Error(`${file}: expected label, premise, hypothesis, got: ${line}`);
      if (label !== "entailment" && label !== "contradiction") continue;
      if (plain(premise) === plain(hypothesis)) continue;
      const known = found.get(premise) ?? { source, entailment: new Set(), contradiction: new Set() };
      known[label].add(hypothesis);
      found.set(premise, known);
    }
  }
  return found;
}

function nliRows(): Row[] {
  const bySource = new Map<string, (Omit<Row, "negative"> & { readonly negative: string | undefined })[]>();
  for (const [anchor, { source, entailment, contradiction }] of premises) {
    const negatives = [...contradiction];
    append(
      bySource,
      source,
      [...entailment].map((positive, at) => ({ anchor, positive, negative: negatives[at % negatives.length] })),
    );
  }
  return [...bySource].flatMap(([source, all]) => {
    const kept = random.shuffle(all).slice(0, limits.get(source) ?? all.length);
    const own = kept.filter(({ negative }) => negative !== undefined).length;
    console.error(`${source}: ${kept.length} rows of ${all.length}, ${own} with a contradiction of their own`);
    return kept.map((row) => ({ ...row, negative: row.negative ?? drawnContradiction(source) }));
  });
}

function drawnContradiction(source: string): string {
  const own = contradictions.get(source)!;
  const from = own.length < 100 ? allContradictions : own;
  return from[random.nextInteger(from.length)]!;
}

/** Letters and digits alone. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

function append<Item>(lists: Map<string, Item[]>, key: string, items: Iterable<Item>): void {
  const list = lists.get(key) ?? [];
  for (const item of items) list.push(item);
  lists.set(key, list);
}

async function* linesOfFile(file: string): AsyncGenerator<string, void, undefined> {
  yield* linesOf((await openDecoded(file, {})).pieces);
}
