/** A scatter plot of pairs: gold score and predicted similarity. */

import { html, type Markup } from "../../../report/markup.ts";
import { ticksWithin } from "../../../report/scale.ts";
import type { ScoredPair } from "../../evaluator.ts";
import type { RankedPair, WorstPairs } from "../worst-pairs.ts";

const width = 320;
const height = 230;
const left = 34;
const bottom = 30;

/** Dots per path. Only dots of different paths darken where they overlap, so few per path show density. */
const dotsOfPath = 40;

/** A scatter plot as SVG. @param similarity its name, for screen readers */
export function scatter(pairs: readonly ScoredPair[], { over, under }: WorstPairs, similarity: string): Markup {
  const golds = [...new Set(pairs.map(({ gold }) => gold))].sort((a, b) => a - b);
  const predictions = pairs.map(({ predicted }) => predicted).sort((a, b) => a - b);
  // Binary labels would make two lines: their dots are jittered horizontally.
  const isBinary = golds.length <= 2;
  const [firstX, lastX] = isBinary ? [left + 75, width - 75] : [left + 8, width - 8];
  const goldX = scale(golds[0]!, golds.at(-1)!, firstX, lastX);
  const x = ({ gold, predicted }: ScoredPair) =>
    (goldX(gold) + (isBinary ? 110 * ((Math.abs(predicted * 9973) % 1) - 0.5) : 0)).toFixed(1);
  const predictedY = scale(predictions[0]!, predictions.at(-1)!, height - bottom - 6, 6);
  const y = ({ predicted }: ScoredPair) => predictedY(predicted).toFixed(1);
  const dots = pairs.map((pair) => `M${x(pair)} ${y(pair)}h0`);
  const paths = Array.from({ length: Math.ceil(dots.length / dotsOfPath) }, (_, path) =>
    dots.slice(path * dotsOfPath, (path + 1) * dotsOfPath).join(""),
  );
  const marked = (pair: RankedPair): Markup =>
    html`<circle class="wrong" cx="${x(pair)}" cy="${y(pair)}" r="4"><title>${`${pair.sentence1}\n${pair.sentence2}`}</title></circle>`;
  const goldTicks = isBinary ? golds : ticksWithin(golds[0]!, golds.at(-1)!);
  const predictedTicks = ticksWithin(predictions[0]!, predictions.at(-1)!);
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${similarity} against gold score">
  <path class="axis" d="M${left} 0V${height - bottom}H${width}"/>
  ${goldTicks.map((tick) => html`<text x="${goldX(tick)}" y="${height - bottom + 14}" text-anchor="middle">${shown(tick)}</text>`)}
  ${predictedTicks.map((tick) => html`<text x="${left - 5}" y="${predictedY(tick) + 4}" text-anchor="end">${shown(tick)}</text>`)}
  <text x="${width}" y="${height - 1}" text-anchor="end">gold score</text>
  <g class="points">${paths.map((path) => html`<path d="${path}"/>`)}</g>
  <g class="over">${over.map(marked)}</g><g class="under">${under.map(marked)}</g>
</svg>`;
}

function scale(low: number, high: number, start: number, end: number): (value: number) => number {
  return (value) => start + ((value - low) / (high - low || 1)) * (end - start);
}

function shown(tick: number): string {
  return String(Number(tick.toPrecision(6))).replace("-", "\u2212");
}
