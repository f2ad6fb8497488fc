/** `hpd search`: the passages of an index that answer a query. */

import { firstFew } from "../common/first-few.ts";
import { nearest } from "../common/nearest.ts";
import { printable, printableLine } from "../common/printable.ts";
import {
  type Filter,
  type MetadataScalar,
  type PassageHit,
  PassageIndex,
  searchModes,
} from "../passage-index/index.ts";
import {
  type Command,
  type CommandContext,
  choiceFlag,
  positiveIntegerFlag,
  stringFlag,
  UsageError,
  wholeNumberFlag,
} from "./command.ts";
import { loadOptions, modelFlags, modelFlagsHelp, tellingOn } from "./model.ts";
import { ProgressLine } from "./progress.ts";
import { loadReranker } from "./reranker.ts";
import { shortPath } from "./short-path.ts";
import { note, print, printJson, Styled, say } from "./terminal.ts";

export const searchCommand: Command = {
  summary: "the passages of an index that answer a query",
  help: `Usage: hpd search INDEX QUERY [options]

Prints the passages of INDEX (see hpd index) that are nearest to QUERY, best first: score, file and line, headings, text.
The model is the one that the index was built with.

  -k, --top-k N            passages (default: 10)
  --mode MODE              hybrid (default): by meaning and by words, fused by rank; vector: by meaning; text: by words
  --filter CONDITION       on metadata, such as author=Jane, year>=2020 or 'topic=["art","music"]' (one of these); all
                           given must hold. 2020 is a number; "2020" in quotes is a text. A list, such as tags, is
                           equal to each of its items
  --rerank MODEL           a cross-encoder, such as cross-encoder/ms-marco-MiniLM-L6-v2, reads the passages found together
                           with the query and puts them in order; the score is then its own
  --rerank-top N           so many of the passages found are reranked (default: 30, or those of --top-k if more)
  --json                   one JSON object a line for each passage

${modelFlagsHelp}

Without --model it is the model that the index names; another one is refused. All but --pooling and --revision count for
the model of --rerank, too.

Examples:
  hpd search notes.index "how do we roll back a release?"
  hpd search articles.index "solar power" --filter "year>=2020" --filter author=Jane -k 3
  hpd search notes.index ENOENT --mode text
  hpd search notes.index "who may deploy on Fridays?" --rerank cross-encoder/ms-marco-MiniLM-L6-v2`,
  options: {
    ...modelFlags,
    "top-k": { type: "string", short: "k" },
    mode: { type: "string" },
    filter: { type: "string", multiple: true },
    rerank: { type: "string" },
    "rerank-top": { type: "string" },
    json: { type: "boolean" },
  },
  async run(context) {
    const { flags, positionals, signal } = context;
    const [location, query] = positionals;
    if (location === undefined || query === undefined || positionals.length > 2) {
      throw new UsageError("hpd search takes an index and a query, in quotes where it has several words");
    }
    const mode = choiceFlag(flags, "mode", searchModes) ?? "hybrid";
    const topK = wholeNumberFlag(flags, "top-k") ?? 10;
    const filter = filterOf(context);
    const model = stringFlag(flags, "model");
    const reranker = stringFlag(flags, "rerank");
    const rerankTop = positiveIntegerFlag(flags, "rerank-top");
    if (rerankTop !== undefined && reranker === undefined) throw new UsageError("--rerank-top is for --rerank MODEL");
    if (rerankTop !== undefined && rerankTop < topK) {
      throw new UsageError(`--rerank-top should be at least --top-k, ${topK}, got ${rerankTop}`);
    }
    const line = new ProgressLine();
    await using index = await PassageIndex.open(location, {
      ...loadOptions(context),
      ...(model !== undefined && { model }),
      signal,
      ...tellingOn(line),
    });
    await using rerank = reranker === undefined ? undefined : await loadReranker(context, reranker, line);
    const hits = await index
      .search(query, { topK, mode, filter, ...(rerank && { rerank }), ...(rerankTop && { rerankTop }) })
      .finally(() => line.clear());
    signal.throwIfAborted();
    if (mode !== "text" && hits.length > 0 && (await index.isTooLong(query))) {
      say("the query is longer than what the model takes: its end is not looked at by meaning");
    }
    if (flags.json) for (const hit of hits) printJson(hit);
    else print(...hits.flatMap((hit, rank) => [rank === 0 ? "" : "\n", ...readable(hit, query)]));
    if (hits.length > 0) return;
    if (!flags.json) note("nothing found");
    // On stderr, for programs, too: the filter may have been meant otherwise.
    for (const hint of await filterHints(index, filter)) say(hint);
  },
};

/** What is odd about a filter with which nothing was found. */
async function filterHints(index: PassageIndex, filter: Filter): Promise<string[]> {
  const asked = Object.entries(filter as Record<string, Record<string, unknown>>);
  if (asked.length === 0) return [];
  const fields = await index.fields();
  return asked.flatMap(([name, conditions]) => {
    const field = fields.find((known) => known.name === name);
    const known = fields.map((each) => each.name);
    if (field === undefined) return [`no passage has a field ${JSON.stringify(name)}${nearest(name, known)}`];
    const types = new Set(
      Object.values(conditions)
        .flat()
        .map((value) => typeof value),
    );
    if (types.size === 0 || field.types.some((type) => types.has(type))) return [];
    return [
      `the field ${JSON.stringify(name)} has ${field.types.join(" and ")} values, the filter a ${[...types].join(", ")}`,
    ];
  });
}

const comparisons = { ">=": "gte", "<=": "lte", ">": "gt", "<": "lt" } as const;

function filterOf({ flags }: CommandContext): Filter {
  // Without what every other object has: a field may be called `constructor`.
  const filter: Record<string, Record<string, unknown>> = Object.create(null);
  for (const text of [flags.filter ?? []].flat()) {
    const [, name, operator, written] = /^([^<>=]+)(>=|<=|=|>|<)(.*)$/s.exec(String(text)) ?? [];
    const field = name?.trimEnd();
    if (field === undefined || field === "" || operator === undefined || written === undefined) {
      throw new UsageError(`--filter should be as in author=Jane or year>=2020, got ${JSON.stringify(text)}`);
    }
    const value = parseValue(written.trimStart());
    const comparison = operator === "=" ? "in" : comparisons[operator as keyof typeof comparisons];
    const conditions = filter[field] ?? {};
    if (Object.hasOwn(conditions, comparison)) throw new UsageError(`--filter: two conditions ${field}${operator}`);
    filter[field] = Object.assign(conditions, { [comparison]: comparison === "in" ? [value].flat() : value });
  }
  return filter as Filter;
}

/** JSON where it is a number, true, false, a text in quotes or a list; else the text as it stands. */
function parseValue(written: string): MetadataScalar | MetadataScalar[] {
  try {
    const value = JSON.parse(written);
    if (value !== null && (typeof value !== "object" || Array.isArray(value))) return value;
  } catch {
    // No JSON.
  }
  return written;
}

/** Copies that are named on a terminal. */
const mostCopies = 3;

function readable(hit: PassageHit, query: string): (string | Styled)[] {
  const { score, searchScore, path, firstLine, text, metadata, copies } = hit;
  const { heading } = metadata;
  const also = copies.map((copy) => `${shortPath(copy.path)}:${copy.firstLine}`);
  const body = printable(text).replace(/\n(?=.)/g, "\n        ");
  return [
    `${searchScore === undefined ? "" : "reranked "}${score.toFixed(4)}  `,
    new Styled("bold", printableLine(`${shortPath(path)}:${firstLine}`)),
    ...(typeof heading === "string" ? ["  ", new Styled("dim", printableLine(heading))] : []),
    "\n        ",
    ...highlighted(body, query),
    "\n",
    ...(also.length > 0
      ? [new Styled("dim", printableLine(`        the same in ${firstFew(also, mostCopies)}`)), "\n"]
      : []),
  ];
}

/** Words of a query that are highlighted, at most. */
const mostHighlighted = 100;

/** The words of the query, where they begin a word. */
function highlighted(text: string, query: string): (string | Styled)[] {
  const words = [...new Set(query.match(/[\p{L}\p{N}]{2,}/gu))].slice(0, mostHighlighted);
  if (words.length === 0) return [text];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])((?:${words.join("|")})[\\p{L}\\p{N}]*)`, "giu");
  // Every second one is a word that was found.
  return text.split(pattern).map((part, index) => (index % 2 === 1 ? new Styled("yellow", part) : part));
}
