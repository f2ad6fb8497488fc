/** The pairs behind a score: a scatter plot of all, and the texts of the worst. */

import { counted } from "../../../common/numbers.ts";
import { html, type Markup } from "../../../report/markup.ts";
import type { ScoredPair } from "../../evaluator.ts";
import type { RankedPair, WorstPairs } from "../worst-pairs.ts";
import { scatter } from "./scatter.ts";

export interface TaskPairs {
  readonly name: string;
  /** Name of the similarity function. */
  readonly similarity: string;
  readonly pairs: readonly ScoredPair[];
  readonly worst: WorstPairs;
}

export function scatterSection(tasks: readonly TaskPairs[]): Markup | undefined {
  if (tasks.length === 0) return undefined;
  return html`<section>
<h2>Predicted similarity against gold scores</h2>
<p class="quiet small">Every pair is a dot: its gold score from left to right, its predicted similarity upwards.
<span class="tag over">Orange</span> and <span class="tag under">violet</span> are the pairs listed below.</p>
<div class="scatters">${tasks.map(
    ({ name, similarity, pairs, worst }) => html`<figure style="--color: var(--model0)">
<figcaption><strong>${name}</strong><span class="quiet">${counted(pairs.length, "pair")}, ${similarity}</span></figcaption>
${scatter(pairs, worst, similarity)}</figure>`,
  )}</div>
</section>`;
}

export function pairSections(tasks: readonly TaskPairs[]): Markup | undefined {
  if (tasks.length === 0) return undefined;
  return html`<section>
<h2>Largest errors</h2>
<p class="quiet small">The pairs whose rank by predicted similarity is farthest from their rank by gold score. The
percentages are the task's pairs that rank lower; ties count by half.</p>
${tasks.map(
  ({ name, similarity, worst }, index) => html`<details${index === 0 ? html` open` : ""}><summary>${name}</summary>
<p class="tag over">Predicted more similar than the gold score</p>
${worst.over.map((pair) => pairRow(pair, similarity, "over"))}
<p class="tag under">Predicted less similar than the gold score</p>
${worst.under.map((pair) => pairRow(pair, similarity, "under"))}
</details>`,
)}
</section>`;
}

function pairRow(
  { sentence1, sentence2, gold, predicted, goldQuantile, predictedQuantile }: RankedPair,
  similarity: string,
  side: "over" | "under",
): Markup {
  const above = (quantile: number) => `above ${(100 * quantile).toFixed(0)} %`;
  return html`<div class="pair ${side}">
<div class="texts"><p>${sentence1}</p><p>${sentence2}</p></div>
<div class="figure">${Number(gold.toFixed(3))}<small>gold: ${above(goldQuantile)}</small></div>
<div class="figure">${predicted.toFixed(3)}<small>${similarity}: ${above(predictedQuantile)}</small></div>
</div>`;
}
