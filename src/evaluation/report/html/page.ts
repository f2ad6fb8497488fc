/**
 * The report as one HTML file that opens from disk, without script.
 */

import { requireArray } from "../../../common/arguments.ts";
import { counted } from "../../../common/numbers.ts";
import { html, type Markup } from "../../../report/markup.ts";
import { htmlPage } from "../../../report/page.ts";
import { columnsOf } from "../columns.ts";
import { type EvaluatedModel, type ModelReport, type Report, requireReport, type TaskReport } from "../report.ts";
import { costTable, footnote, type Table } from "../tables.ts";
import { worstPairs } from "../worst-pairs.ts";
import { bars, forest, legend, rangeOf } from "./charts.ts";
import { pairSections, scatterSection, type TaskPairs } from "./pairs.ts";
import { style } from "./style.ts";
import { tiles } from "./tiles.ts";

/** Number of pairs listed on each side. */
const worstCount = 6;

/** The report as an HTML page. @param models the models of the report, for their scored pairs */
export function htmlReport(report: Report, models: readonly EvaluatedModel[]): string {
  requireReport(report);
  requireArray("models", models);
  const [first] = report.models as [ModelReport];
  const pairs = models[0]!.evaluations.flatMap(({ name, mainMetric, pairs = [] }): TaskPairs[] =>
    pairs.length === 0
      ? []
      : [{ name, similarity: mainMetric.split("_")[0]!, pairs, worst: worstPairs(pairs, worstCount) }],
  );
  const comparison = report.comparisons.find(({ model }) => model === first.name);
  const title = comparison === undefined ? first.name : `${first.name} against ${comparison.baseline}`;
  const body = html`<main>
<header>
<p class="over-title">hpd evaluate</p>
<h1>${title}</h1>
<p class="quiet">${report.createdAt.slice(0, 10)} on ${report.machine}</p>
</header>
${tiles(report)}
${scoreSections(report)}
${tableSection("Cost", costTable(report))}
${scatterSection(pairs)}
${pairSections(pairs)}
${metricsSection(first)}
<footer>${footnote(report)} Scores and retained parts are in percent.</footer>
</main>`;
  return htmlPage({ title: `${title}: hpd evaluate`, style, body });
}

/** Sections of the types of tasks: bars, and below them the differences from the baseline. */
function scoreSections(report: Report): Markup[] {
  const { models, comparisons } = report;
  const [first] = models as [ModelReport];
  const baseline = comparisons[0]?.baseline;
  let others = 0;
  const colors = new Map(models.map(({ name }) => [name, name === baseline ? "baseline" : `model${others++ % 4}`]));
  return [...new Set(first.tasks.map(({ type }) => type))].map((type) => {
    const columns = columnsOf(report, type);
    const scores = models.map((model) => ({
      name: model.name,
      color: colors.get(model.name)!,
      values: columns.map(({ scoreOf }) => scoreOf(model)),
    }));
    const differences = comparisons.map((comparison) => ({
      model: comparison.model,
      values: columns.map(({ differenceOf }) => differenceOf(comparison)),
    }));
    const range = rangeOf(differences.flatMap(({ values }) => values));
    const metrics = new Set(first.tasks.filter((task) => task.type === type).map(({ mainMetric }) => mainMetric));
    return html`<section>
<h2>${type}</h2>
<p class="quiet small">${[...metrics].join(", ")}, with the 95 % confidence interval</p>
${models.length > 1 && legend(scores)}
${bars(columns, scores)}
${differences.map(
  ({ model, values }) => html`<h3>${model} minus ${baseline}</h3>
<p class="quiet small">Paired on the same items. Grey where the 95 % interval holds 0: not significant.</p>
${forest(columns, values, range)}`,
)}
</section>`;
  });
}

function tableSection(title: string, [header, ...rows]: Table): Markup {
  return html`<section>
<h2>${title}</h2>
<div class="table"><table>
<thead><tr>${header!.map((cell, column) => html`<th scope="col">${column === 0 ? "" : cell}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></div>
</section>`;
}

/** The section of all scores of the first model. */
function metricsSection({ tasks }: ModelReport): Markup {
  const table = ({ name, count, scores }: TaskReport) => html`<details><summary>${name}
<span class="quiet small">${counted(count, "item")}</span></summary>
<div class="table"><table><tbody>${Object.entries(scores).map(
    ([metric, score]) => html`<tr><td>${metric}</td><td>${score.toFixed(4)}</td></tr>`,
  )}</tbody></table></div></details>`;
  return html`<section>
<h2>All scores</h2>
<p class="quiet small">Under MTEB's names and in its units: fractions, not percent.</p>
${tasks.map(table)}
</section>`;
}
