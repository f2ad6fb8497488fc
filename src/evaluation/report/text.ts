/** The report for a terminal. */
import type { Report } from "./report.ts";
import { costTable, footnote, scoreTables } from "./tables.ts";
import { textTable } from "./text-table.ts";

export function textReport(report: Report): string {
  const tables = [...scoreTables(report), costTable(report)].map(textTable);
  return [...tables, footnote(report)].join("\n\n");
}
