/** The report as a section of a model card. */
import { type Report, requireReport } from "./report.ts";
import { costTable, footnote, scoreTables } from "./tables.ts";
import { markdownTable } from "./text-table.ts";

/** @throws HpdError `invalid_argument` for anything but a report */
export function markdownReport(report: Report): string {
  requireReport(report);
  const tables = [...scoreTables(report), costTable(report)].map(markdownTable);
  return `${["## Evaluation", ...tables, `${footnote(report)} Measured by \`hpd evaluate\`.`].join("\n\n")}\n`;
}
