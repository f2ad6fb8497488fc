/** The report for a terminal. */
import { type Report, requireReport } from "./report.ts";
import { costTable, footnote, scoreTables } from "./tables.ts";
import { textTable } from "./text-table.ts";

/** @throws HpdError `invalid_argument` for anything but a report */
export function textReport(report: Report): string {
  requireReport(report);
  const tables = [...scoreTables(report), costTable(report)].map(textTable);
  return [...tables, footnote(report)].join("\n\n");
}
