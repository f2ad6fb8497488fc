/** `hpd search`: the passages of an index that answer a query. */

import { counted } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { type Filter, PassageIndex, searchModes } from "../passage-index/index.ts";
import { defineCommand } from "./command.ts";
import { indexModelSettings, loadCrossEncoder, loadOptions, loadReports } from "./model.ts";
import { ProgressLine } from "./progress.ts";
import { filterOf } from "./search/filter.ts";
import { passageText } from "./search/passage-text.ts";
import { positiveInteger } from "./settings/table.ts";
import { note, print, printJson, say } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Passages that are reranked, unless --top-k is more. */
const defaultRerankTop = 30;

export const searchCommand = defineCommand({
  summary: "search an index for passages that answer a query",
  usage: "search INDEX QUERY [options]",
  about: `
    Prints the passages of INDEX, which hpd index build makes, that match QUERY best: score, file and line, headings,
    text. The best comes first.`,
  sections: {
    Search: {
      settings: {
        "top-k": { ...positiveInteger, short: "k", default: 10, help: "maximum number of passages" },
        mode: {
          kind: "text",
          value: "MODE",
          choices: searchModes,
          default: "hybrid",
          help: "vector searches by meaning, text by words, hybrid by both and fuses their ranks",
        },
        filter: {
          kind: "texts",
          value: "CONDITION",
          help:
            'condition on metadata, such as author=Jane, year>=2020 or \'topic=["art","music"]\' (one of these); all ' +
            'conditions must hold. 2020 is a number, "2020" in quotes a text. A list, such as tags, equals each of its items',
        },
        json: { kind: "switch", help: "print one JSON object per line for each passage" },
      },
    },
    Reranking: {
      settings: {
        rerank: {
          kind: "text",
          value: "MODEL",
          help:
            "cross-encoder that scores each passage found together with the query, such as " +
            "cross-encoder/ms-marco-MiniLM-L6-v2; its scores decide the order",
        },
        "rerank-top": {
          ...positiveInteger,
          help: "passages that are reranked, at least --top-k",
          defaultsTo: `${defaultRerankTop}, or --top-k if that is more`,
        },
      },
    },
    Model: {
      settings: indexModelSettings,
      notes: "All but --model, --pooling and --revision apply to the model of --rerank, too.",
    },
  },
  examples: {
    "Ask a question": 'hpd search notes.index "how do we roll back a release?"',
    "Search only recent articles of one author":
      'hpd search articles.index "solar power" --filter "year>=2020" --filter author=Jane -k 3',
    "Search for a word as it is written": "hpd search notes.index ENOENT --mode text",
    "Let a cross-encoder order the passages":
      'hpd search notes.index "who may deploy on Fridays?" \\\n  --rerank cross-encoder/ms-marco-MiniLM-L6-v2',
  },
  async run(context) {
    const { values, positionals, signal } = context;
    const [location, query] = positionals;
    if (location === undefined || query === undefined || positionals.length > 2) {
      throw new UsageError(
        `expected INDEX and QUERY, the query in quotes, got ${counted(positionals.length, "argument")}`,
      );
    }
    if (query.trim() === "") {
      throw new UsageError(`QUERY is empty, got ${JSON.stringify(query)}: is a variable of the shell unset?`);
    }
    const { mode, "top-k": topK, "rerank-top": rerankTop } = values;
    const filter = filterOf(values.filter ?? []);
    if (rerankTop !== undefined && values.rerank === undefined) {
      throw new UsageError("--rerank-top needs --rerank MODEL");
    }
    if (rerankTop !== undefined && rerankTop < topK) {
      throw new UsageError(`--rerank-top should be at least --top-k, ${topK}, got ${rerankTop}`);
    }
    const line = new ProgressLine();
    const load = { ...loadOptions(values), ...defined({ model: values.model }), ...loadReports(line) };
    await using index = await PassageIndex.open(location, { ...load, signal });
    await using rerank = await loadCrossEncoder(values.rerank, context);
    const hits = await index
      .search(query, { topK, mode, filter, ...defined({ rerank, rerankTop }) })
      .finally(() => line.clear());
    signal.throwIfAborted();
    if (mode !== "text" && hits.length > 0 && (await index.isTooLong(query))) {
      say("the query is longer than the model's maximum: its end is ignored in the search by meaning");
    }
    if (values.json) for (const hit of hits) printJson(hit);
    else print(...hits.flatMap((hit, rank) => [rank === 0 ? "" : "\n", ...passageText(hit, query)]));
    if (hits.length > 0) return;
    if (!values.json) note("nothing found");
    // On stderr, also for programs: the filter may have been meant otherwise.
    for (const hint of await filterHints(index, filter)) say(hint);
  },
});

/** Possible mistakes in a filter with which nothing was found. */
async function filterHints(index: PassageIndex, filter: Filter): Promise<string[]> {
  const asked = Object.entries(filter as Record<string, Record<string, unknown>>);
  if (asked.length === 0) return [];
  const fields = await index.fields();
  return asked.flatMap(([name, conditions]) => {
    const field = fields.find((known) => known.name === name);
    const types = new Set(
      Object.values(conditions)
        .flat()
        .map((value) => typeof value),
    );
    if (field === undefined || types.size === 0 || field.types.some((type) => types.has(type))) return [];
    return [
      `the field ${JSON.stringify(name)} has ${field.types.join(" and ")} values, the filter a ${[...types].join(", ")}`,
    ];
  });
}
