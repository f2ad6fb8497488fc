/** Labels of losses of margins: differences, or scores as those that mining writes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { crossEncoderLosses } from "../../../src/fine-tuning/cross-encoder/losses/index.ts";
import { Random } from "../../../src/random.ts";
import { openData } from "../../../src/training/data/open-data.ts";
import type { RowLoss } from "../../../src/training/losses/loss.ts";
import { marginMse } from "../../../src/training/losses/margin-mse.ts";
import { weightedSum } from "../../../src/training/losses/weighted-sum.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-margins-"));
afterAll(() => rm(scratch, { recursive: true }));

async function labelsOf(rows: readonly object[], loss: RowLoss) {
  const path = join(scratch, "rows.jsonl");
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const options = { data: [{ path }], validation: 1, columns: undefined, label: undefined, seed: 1 };
  const reading = { signal: new AbortController().signal, onRead: () => {} };
  await using data = await openData(options, { loss, dimension: 8 }, scratch, reading);
  return (await data.train.read([0, 1, 2], new Random(0))).labels;
}

/** Row n has the scores n and, for each negative, n less an eighth, a fourth, ... */
function rowsOf(negatives: number, labelOf: (scores: number[]) => object): object[] {
  return [1, 2, 3, 4].map((n) => ({
    query: `query ${n}`,
    positive: `positive ${n}`,
    ...Object.fromEntries(Array.from({ length: negatives }, (_, at) => [`negative_${at + 1}`, `negative ${n} ${at}`])),
    ...labelOf([n, ...Array.from({ length: negatives }, (_, at) => n - 2 ** (at - 3))]),
  }));
}

const losses: Record<string, RowLoss> = {
  "of an embedding model": marginMse(),
  "of a cross-encoder": crossEncoderLosses.marginMse(),
  "in a sum": weightedSum([marginMse(), marginMse({ similarity: "cosine" })]),
};

test.each(Object.entries(losses))(
  "scores of the positive and of each negative are their margins, %s",
  async (_, loss) => {
    for (const negatives of [1, 3]) {
      const { margin } = await labelsOf(
        rowsOf(negatives, (scores) => ({ scores })),
        loss,
      );
      expect(margin!.shape).toEqual([3, negatives]);
      const row = Array.from({ length: negatives }, (_, at) => 2 ** (at - 3));
      expect([...margin!.data]).toEqual([row, row, row].flat());
      const differences = rowsOf(negatives, ([first, ...others]) => ({
        margin: others.map((score) => first! - score),
      }));
      expect((await labelsOf(differences, loss)).margin).toEqual(margin);
    }
    const short = rowsOf(3, (scores) => ({ scores: scores.slice(2) }));
    await expect(labelsOf(short, loss)).rejects.toThrow(/the field scores should hold 3 numbers, got a list of 2/);
  },
);
