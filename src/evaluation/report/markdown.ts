/** The report as a section of a model card. */
import type { Report } from "./report.ts";
import { costTable, footnote, scoreTables } from "./tables.ts";
import { markdownTable } from "./text-table.ts";

export function markdownReport(report: Report): string {
  const tables = [...scoreTables(report), costTable(report)].map(markdownTable);
  return `${["## Evaluation", ...tables, `${footnote(report)} Measured by \`hpd evaluate\`.`].join("\n\n")}\n`;
}
