/** `quantize`: a model as a folder whose products are 8-bit, with the ranges of their inputs found beforehand. */
import { openModel, readModelCard } from "#hub";
import { requirePositiveInteger } from "../common/arguments.ts";
import { checkedTexts } from "../common/checked-texts.ts";
import { defined } from "../common/optional.ts";
import { checkedOptions } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { modelName } from "../files/model-name.ts";
import { requireOtherFolder, requireReplaceable } from "../files/write-folder.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import { defaultTexts } from "./default-texts.ts";
import { cardNote } from "./model-card.ts";
import { openParts } from "./open-parts.ts";
import { type QuantizeOptions, type QuantizeResult, quantizeOptions } from "./options.ts";
import { measuredEvery, Quantization } from "./quantization.ts";
import { saveQuantized } from "./save-quantized.ts";

const defaultLimit = 1024;
const defaultMinCosine = 0.998;

/**
 * Writes a model whose weights are int8, a quarter in size, and which computes in int8 when it is loaded. Products that
 * lose too much stay in float32.
 *
 * @throws HpdError `invalid_argument` where there is no text, the folder can't be written or the model is quantized
 *   already; `unsupported` for a static model, a cross-encoder or one with several routes; as loading does; the signal's
 *   reason when it aborts
 */
export async function quantize(given: QuantizeOptions): Promise<QuantizeResult> {
  const options = checkedOptions("quantize", given, quantizeOptions);
  const { limit = defaultLimit, minCosine = defaultMinCosine, overwrite = false, signal } = options;
  requirePositiveInteger("limit", limit);
  if (!(minCosine >= 0 && minCosine <= 1)) {
    throw new HpdError("invalid_argument", `minCosine should be a number from 0 to 1, got ${minCosine}`);
  }
  for (const name of ["model", "out"] as const) {
    if (typeof options[name] !== "string") throw new HpdError("invalid_argument", `quantize needs ${name}, a string`);
  }
  await requireOtherFolder(options.out, options.model);
  await requireReplaceable(options.out, overwrite);
  const texts = await textsOf(options.sentences ?? defaultTexts(), limit, signal);
  const { onProgress: _, ...sourceOptions } = options;
  const source = await openModel(options.model, sourceOptions);
  const card = await readModelCard(options.model, defined({ ...sourceOptions, signal }));
  return await withWeightsOpen(source, async (open) => {
    const model = await openParts(open, options);
    const outcome = await new Quantization(model, options, texts).run(minCosine);
    signal?.throwIfAborted();
    const result = {
      calibrated: outcome.calibrated,
      measured: outcome.measured,
      cosine: outcome.cosine,
      products: outcome.products,
    };
    const name = modelName(options.model);
    const bytes = await saveQuantized(
      {
        ...outcome.model,
        source: open,
        card: card ?? "",
        note: cardNote(name, result),
        report: { model: name, ...result },
      },
      options.out,
      overwrite,
    );
    return { out: options.out, ...result, bytesBefore: outcome.bytesBefore, bytes };
  });
}

async function textsOf(
  sentences: Iterable<string> | AsyncIterable<string>,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of checkedTexts("sentences", sentences, signal)) {
    if (text.trim() !== "") texts.push(text);
    if (texts.length === limit) break;
  }
  if (texts.length >= measuredEvery) return texts;
  throw new HpdError(
    "invalid_argument",
    `quantizing needs ${measuredEvery} texts or more to find the ranges of activations, some hundred are better, got ` +
      `${texts.length}`,
  );
}
