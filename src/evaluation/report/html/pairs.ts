/** The pairs behind a score: all of them as dots, and those in words that the model gets most wrong. */
import type { ScoredPair } from "../../evaluator.ts";
import { grouped } from "../numbers.ts";
import type { PlacedPair, WorstPairs } from "../worst-pairs.ts";
import { html, type Markup } from "./markup.ts";
import { scatter } from "./scatter.ts";

export interface TaskPairs {
  readonly name: string;
  /** The similarity function's name. */
  readonly similarity: string;
  readonly pairs: readonly ScoredPair[];
  readonly worst: WorstPairs;
}

export function scatterSection(tasks: readonly TaskPairs[]): Markup | undefined {
  if (tasks.length === 0) return undefined;
  return html`<section>
<h2>Predicted similarity against gold scores</h2>
<p class="quiet small">Every pair is a dot: to the right where people found it more alike, upwards where the model does.
<span class="tag over">Orange</span> and <span class="tag under">violet</span> are the pairs listed below.</p>
<div class="scatters">${tasks.map(
    ({ name, similarity, pairs, worst }) => html`<figure style="--color: var(--model0)">
<figcaption><strong>${name}</strong><span class="quiet">${grouped(pairs.length)} pairs, ${similarity}</span></figcaption>
${scatter(pairs, worst, similarity)}</figure>`,
  )}</div>
</section>`;
}

export function pairSections(tasks: readonly TaskPairs[]): Markup | undefined {
  if (tasks.length === 0) return undefined;
  return html`<section>
<h2>What the model gets most wrong</h2>
<p class="quiet small">The pairs whose place in the model's order is farthest from their place in people's order. The
percentages say how many of the task's pairs are less alike, equal ones counted by half.</p>
${tasks.map(
  ({ name, similarity, worst }, index) => html`<details${index === 0 ? html` open` : ""}><summary>${name}</summary>
<p class="tag over">More alike to the model than to people</p>
${worst.over.map((pair) => pairRow(pair, similarity, "over"))}
<p class="tag under">Less alike to the model than to people</p>
${worst.under.map((pair) => pairRow(pair, similarity, "under"))}
</details>`,
)}
</section>`;
}

function pairRow(
  { sentence1, sentence2, gold, predicted, goldPlace, predictedPlace }: PlacedPair,
  similarity: string,
  side: "over" | "under",
): Markup {
  const place = (fraction: number) => `above ${(100 * fraction).toFixed(0)} %`;
  return html`<div class="pair ${side}">
<div class="texts"><p>${sentence1}</p><p>${sentence2}</p></div>
<div class="figure">${Number(gold.toFixed(3))}<small>people: ${place(goldPlace)}</small></div>
<div class="figure">${predicted.toFixed(3)}<small>${similarity}: ${place(predictedPlace)}</small></div>
</div>`;
}
