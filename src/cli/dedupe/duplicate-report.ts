/** The groups of duplicates for `--report`. Texts are in memory until the end, when groups are complete. */
import type { NearDuplicateDecision } from "../../cluster/index.ts";
import type { Entry } from "./open-entries.ts";

interface ReportedDuplicate {
  readonly line: number;
  readonly text: string;
  readonly score: number;
}

export class DuplicateReport {
  /** Distinct texts, in their order. */
  readonly #distinct: { readonly line: number; readonly text: string }[] = [];
  /** Lines of the exact copies of each distinct text. */
  readonly #copies: number[][] = [];
  /** Decisions about each distinct text. */
  readonly #decisions: NearDuplicateDecision[] = [];

  addDistinct({ line, text }: Entry): void {
    this.#distinct.push({ line, text });
    this.#copies.push([]);
  }

  /** Adds an exact copy. @param index the distinct text's */
  addCopy(index: number, { line }: Entry): void {
    this.#copies[index]!.push(line);
  }

  /** Adds a decision, in the order of the distinct texts. */
  addDecision(decision: NearDuplicateDecision): void {
    this.#decisions.push(decision);
  }

  /** The groups as JSON, in the order of the kept lines. */
  *lines(): Generator<string> {
    const groups = new Map<number, ReportedDuplicate[]>();
    for (const { index, duplicateOf } of this.#decisions) {
      const { line, text } = this.#distinct[index]!;
      const kept = duplicateOf?.index ?? index;
      const score = Number((duplicateOf?.score ?? 1).toFixed(6));
      const lines = duplicateOf === undefined ? this.#copies[index]! : [line, ...this.#copies[index]!];
      if (lines.length === 0) continue;
      const group = groups.get(kept) ?? [];
      groups.set(kept, group);
      for (const line of lines) group.push({ line, text, score });
    }
    for (const [kept, duplicates] of [...groups].sort(([a], [b]) => a - b)) {
      duplicates.sort((a, b) => a.line - b.line);
      const { line, text } = this.#distinct[kept]!;
      yield JSON.stringify({ kept: { line, text }, duplicates });
    }
  }
}
