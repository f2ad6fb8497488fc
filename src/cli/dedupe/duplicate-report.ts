/** What was removed and why, for `--report`: the texts are kept in memory until the end, when groups are whole. */
import type { NearDuplicateDecision } from "../../cluster/index.ts";
import type { Entry } from "./open-entries.ts";

interface ReportedDuplicate {
  readonly line: number;
  readonly text: string;
  readonly score: number;
}

export class DuplicateReport {
  /** Texts that are not the same as one before, in their order. */
  readonly #distinct: { readonly line: number; readonly text: string }[] = [];
  /** For each of them: the lines that are the same. */
  readonly #copies: number[][] = [];
  /** For each of them: what became of it. */
  readonly #decisions: NearDuplicateDecision[] = [];

  addDistinct({ line, text }: Entry): void {
    this.#distinct.push({ line, text });
    this.#copies.push([]);
  }

  /** @param index of the distinct text that it is the same as */
  addCopy(index: number, { line }: Entry): void {
    this.#copies[index]!.push(line);
  }

  /** In the order of the distinct texts. */
  addDecision(decision: NearDuplicateDecision): void {
    this.#decisions.push(decision);
  }

  /** JSON of each group, by the line that was kept. */
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
