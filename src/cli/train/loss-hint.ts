/** Names of Python's losses in error messages. */

/** Python's losses, without "Loss", whose names differ from ours, and what to use for them. */
const others: Readonly<Record<string, string>> = {
  cachedmultiplenegativesranking: "multiple-negatives-ranking, whose memory doesn't grow with the batch here",
  multiplenegativessymmetricranking: "multiple-negatives-ranking with --symmetric",
  cachedmultiplenegativessymmetricranking: "multiple-negatives-ranking with --symmetric",
  simcse: "multiple-negatives-ranking with one column alone, such as --columns sentence",
  gist: "gist-embed",
  cachedgistembed: "gist-embed, whose memory doesn't grow with the batch here",
  distillkldiv: "distill-kl",
  embeddistill: "mse",
  matryoshka: "any loss with --matryoshka, such as --matryoshka 384,128,64",
  matryoshka2d: "any loss with --matryoshka and --adaptive-layer",
  adaptivelayer: "any loss with --adaptive-layer",
};

/** ` (MultipleNegativesRankingLoss is multiple-negatives-ranking here)`, or an empty text for a name that Python doesn't have. */
export function lossHint(name: string, names: readonly string[]): string {
  const wanted = plain(name);
  const here = names.find((known) => plain(known) === wanted) ?? (Object.hasOwn(others, wanted) && others[wanted]);
  return here ? ` (${name} is ${here})` : "";
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .replace(/loss$/, "");
}
