/** Rows of cells as lines of text, for terminals. */

/** A table with the first column aligned left, the others right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? "")].length)),
  );
  const pad = (cell: string, column: number): string => {
    const room = " ".repeat(widths[column]! - [...cell].length);
    return column === 0 ? cell + room : room + cell;
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** A table in GitHub's Markdown: the first row is the header. */
export function markdownTable([header, ...rows]: readonly (readonly string[])[]): string {
  const escaped = (cell: string) => cell.replace(/[\\|]/g, "\\$&").replace(/[\r\n]+/g, " ");
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const rule = header!.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(header!), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}
