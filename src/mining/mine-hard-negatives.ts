/**
 * Hard negatives: for each anchor, texts near it that aren't its positives. Source: `mine_hard_negatives` of
 * sentence-transformers 6.2; NV-Retriever (Moreira et al., arXiv 2407.15831) for margins relative to the positive.
 *
 * Memory: texts, embeddings of distinct anchors and candidates (4 bytes a dimension), 8 bytes for each negative, and
 * the hits of some thousand anchors.
 */
import { join } from "node:path";
import { requireIterable, requireMethods } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";
import { requireWritable } from "../files/make-folder.ts";
import { Random } from "../random.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { candidatesOf } from "./candidates.ts";
import { encodeCached } from "./embedding-cache.ts";
import { columnsOf, MinedPlaces, type MinedRow, requireFreeNames, rowsOf } from "./mined.ts";
import type { MineHardNegativesOptions, MiningModel, MiningProgress } from "./options.ts";
import { type Pairs, readPairs } from "./pairs.ts";
import { rescored } from "./rescore.ts";
import { type SkippedCounts, selectNegatives } from "./select-negatives.ts";
import { limitNames, type MiningSettings, miningSettingsOf, rangeMaxOf } from "./settings.ts";
import { type MiningStatistics, statisticsOf } from "./statistics.ts";

/** Rows, each made when it is asked for, as often as wanted. */
export interface MinedNegatives extends Iterable<MinedRow> {
  /** The fields of a row, in order. */
  readonly columns: readonly string[];
  /** Rows. */
  readonly count: number;
  readonly statistics: MiningStatistics;
}

/**
 * Negatives of an anchor are, of its nearest candidates, those that aren't its positives and that the limits leave.
 * Candidates are the positives of all rows, and a corpus where one is given. Rows with the same anchor have their
 * positives in common. Rows with an empty text are left out.
 *
 * Of equal scores the candidate that comes first is nearer; in Python that is left to chance.
 *
 * @param rows objects with a field of anchors and one of positives; other fields are passed over
 * @throws HpdError `invalid_argument` for unusable options, rows or corpora, and if nothing is left of the
 *   candidates; whatever encoding throws; the signal's reason
 */
export async function mineHardNegatives(
  rows: Iterable<object> | AsyncIterable<object>,
  model: MiningModel,
  options: MineHardNegativesOptions = {},
): Promise<MinedNegatives> {
  const settings = miningSettingsOf(options);
  requireMethods("model", model, ["encodeQuery", "encodeDocument"], "a loaded SentenceTransformer");
  requireIterable("rows", rows, "objects");
  const { anchorColumnName: anchor, positiveColumnName: positive, corpus = [], signal } = settings;
  signal?.throwIfAborted();
  // In the folder: that around it may be read-only, such as a volume's.
  if (settings.cacheFolder !== undefined) await requireWritable(join(settings.cacheFolder, "part"));
  const pairs = await readPairs(rows, corpus, { ...(anchor && { anchor }), ...(positive && { positive }) }, signal);
  const columns = columnsOf(settings, pairs.columns);
  requireFreeNames(columns);
  const rangeMax = rangeMaxOf(settings, pairs.mostPositives);
  requireReach(settings, pairs);
  const embedded = {
    corpus: await embed("corpus", pairs, model, settings),
    queries: await embed("queries", pairs, model, settings),
    positives: pairs.positives,
    similarityFunction: model.similarityFunction,
  };
  const skipped: SkippedCounts = { absoluteMargin: 0, relativeMargin: 0, maxScore: 0, minScore: 0 };
  const selection = { settings, rangeMax, random: new Random(settings.seed), skipped };
  const places = new MinedPlaces(pairs, settings.numNegatives);
  const tell = progressOf(pairs.queries.length, settings.onProgress);
  for await (const block of candidatesOf(embedded, rangeMax + pairs.mostPositives, signal)) {
    const { crossEncoder } = settings;
    const found =
      crossEncoder === undefined
        ? block
        : await rescored(block, pairs, { crossEncoder, signal, onRescored: (queries) => tell("rescore", queries) });
    for (const { query, candidates, positiveScores } of found) {
      const worst = positiveScores.reduce((lowest, score) => Math.min(lowest, score));
      const { ids, scores } = selectNegatives(candidates, pairs.positives[query]!, worst, selection);
      places.set(query, positiveScores, ids, scores);
    }
    tell("search", block.length);
  }
  const { statistics, count } = statisticsOf({ pairs, places, settings, rangeMax, skipped });
  if (statistics.negative.count === 0) throw nothingLeft(settings, statistics);
  return {
    columns,
    count,
    statistics,
    [Symbol.iterator]: () => rowsOf(places, pairs, settings),
  };
}

/** @throws HpdError `invalid_argument` where the first candidate would be behind the last one */
function requireReach({ rangeMin }: MiningSettings, { corpus }: Pairs): void {
  if (rangeMin < corpus.length) return;
  throw new HpdError(
    "invalid_argument",
    `\`rangeMin\` is ${rangeMin}, but there are only ${corpus.length} different candidates: lower it, or give a corpus`,
  );
}

function embed(
  side: "queries" | "corpus",
  pairs: Pairs,
  model: MiningModel,
  settings: MiningSettings,
): Promise<Embeddings> {
  const { signal, onProgress, cacheFolder } = settings;
  const texts = pairs[side];
  const isQuery = side === "queries";
  const prompt = isQuery ? settings.queryPrompt : settings.corpusPrompt;
  const promptName = isQuery ? settings.queryPromptName : settings.corpusPromptName;
  const tell = (done: number) => onProgress?.({ stage: `embed ${side}`, done, total: texts.length });
  const encode = (some: readonly string[], before: number): Promise<Embeddings> => {
    const options = {
      normalizeEmbeddings: true,
      ...(prompt !== undefined && { prompt }),
      ...(promptName !== undefined && { promptName }),
      ...(signal && { signal }),
      onProgress: ({ done }: { done: number }) => tell(before + done),
    };
    return isQuery ? model.encodeQuery(some, options) : model.encodeDocument(some, options);
  };
  if (cacheFolder === undefined) return encode(texts, 0);
  const identity = { model: model.describe?.(), side, prompt, promptName };
  return encodeCached(cacheFolder, { texts, identity, encode, onPart: tell });
}

function progressOf(
  total: number,
  onProgress: MineHardNegativesOptions["onProgress"],
): (stage: MiningProgress["stage"], queries: number) => void {
  const done: Partial<Record<MiningProgress["stage"], number>> = {};
  return (stage, queries) => {
    const now = (done[stage] ?? 0) + queries;
    done[stage] = now;
    onProgress?.({ stage, done: now, total });
  };
}

function nothingLeft(settings: MiningSettings, { anchors, skipped, shortAnchors }: MiningStatistics): HpdError {
  const taken = limitNames.flatMap((name) =>
    skipped[name] === undefined ? [] : [`\`${name}\` ${settings[name]} took ${skipped[name].count} candidates`],
  );
  const all = `none of ${anchors} anchors has ${settings.outputFormat === "n-tuple" ? `${settings.numNegatives} negatives` : "a negative"}`;
  const why = taken.length > 0 ? taken.join(", ") : "there are too few other candidates";
  const advice = shortAnchors > 0 && settings.outputFormat === "n-tuple" ? "ask for fewer with `numNegatives`, " : "";
  return new HpdError(
    "invalid_argument",
    `${all}: ${why}. Loosen the limits, ${advice}raise \`rangeMax\`, lower \`rangeMin\`, or give a corpus`,
  );
}
