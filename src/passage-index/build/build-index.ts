/**
 * Builds an index of files, or brings it up to date: parts that are new or changed are chunked and embedded, those of
 * files that are no longer among the inputs are removed, and all others are only read.
 *
 *     files -> blocks -> parts -> (new ones) passages -> embeddings -> store
 *
 * It commits every few seconds: a kill loses the work since the last commit, and the next build goes on there.
 */

import { realpath } from "node:fs/promises";
import { defaultModel } from "#hub";
import { optionsHint, requireOptionalOneOf } from "../../common/arguments.ts";
import { checkedOptions } from "../../common/options.ts";
import { type LoadOptions, loadHints } from "../../encode/options.ts";
import { HpdError } from "../../errors.ts";
import { type BuildSettings, type IndexDescription, type IndexPrecision, indexPrecisions } from "../description.ts";
import { walk } from "../files/walk.ts";
import { indexLocation } from "../location.ts";
import { newDescription } from "../new-description.ts";
import { openModel, requireSameModel } from "../open-model.ts";
import { type BuildOptions, type BuildReport, buildOptions, othersChoices } from "./build-options.ts";
import { chunkSettings } from "./chunk-settings.ts";
import { withOthers } from "./other-files.ts";
import { knownParts, updateFiles } from "./update-files.ts";

/**
 * @param inputs files and folders: Markdown, JSONL, CSV, TSV, and any other text, also as `.gz` and `.zst`
 * @throws HpdError `not_found` for an input that doesn't exist, or if LanceDB isn't installed; `invalid_argument` if
 *   the index has another model's embeddings, or another build is running in it; as `SentenceTransformer.load` and the
 *   stores do; for an input that is a file also any error of reading it
 */
export async function buildIndex(inputs: readonly string[], options: BuildOptions): Promise<BuildReport> {
  requireInputs(inputs);
  const { out, precision, signal } = checkedOptions("buildIndex", options, buildOptions, loadHints);
  requireOptionalOneOf("precision", precision, indexPrecisions);
  const location = indexLocation(out);
  requireOptionalOneOf("others", options.others, othersChoices);
  const base = await location.base();
  const named = await walk(inputs, await realpath(out).catch(() => undefined), base);
  // Before the model is loaded, so that errors come at once.
  await using opened = await location.open("write");
  const before = opened?.description;
  const known = opened === undefined ? new Map() : await knownParts(opened);
  const found = await withOthers(named, known.keys(), { name: location.name, base }, options.others);
  await using model = await openModel(options.model ?? before?.model.name ?? defaultModel(), {
    ...(before?.model.options as LoadOptions | undefined),
    ...options.load,
    ...(signal && { signal }),
  });
  if (before !== undefined) {
    requireSameModel(location.name, before, model);
    requireSamePrecision(location.name, before, precision);
  }
  const { chunkTokens, overlapTokens } = options;
  const chunking = chunkSettings(
    model.model,
    chunkTokens ?? before?.settings.chunkTokens,
    // Passages of another length have another overlap.
    overlapTokens ?? (chunkTokens === undefined ? before?.settings.overlapTokens : undefined),
  );
  const settings: BuildSettings = {
    lines: options.lines ?? before?.settings.lines ?? false,
    field: options.field ?? before?.settings.field ?? "text",
    chunkTokens: chunking.maxTokens,
    overlapTokens: chunking.overlapTokens,
  };
  await using created =
    opened === undefined ? await location.create(newDescription(model, precision ?? "float32", settings)) : undefined;
  const store = (opened ?? created)!;
  const report = await updateFiles(found, known, { store, model: model.model, chunking, settings }, options);
  return { index: location.name, ...report };
}

function requireSamePrecision(index: string, { precision }: IndexDescription, asked: IndexPrecision | undefined): void {
  if (asked === undefined || asked === precision) return;
  throw new HpdError(
    "invalid_argument",
    `precision should be ${precision}, that of ${index}, got ${asked}: leave it out, or build in another folder`,
  );
}

/** @throws HpdError `invalid_argument`: a text would be walked by its characters */
function requireInputs(inputs: unknown): void {
  if (Array.isArray(inputs) && inputs.every((path) => typeof path === "string")) return;
  const got = typeof inputs === "string" ? "a text" : `something else${optionsHint(inputs)}`;
  throw new HpdError("invalid_argument", `inputs should be an array of paths, got ${got}`);
}
