/** Losses under guidance against sentence-transformers' GISTEmbedLoss: see tools/gold/training-losses.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type GistEmbedLossOptions, gistEmbed } from "../../../src/training/losses/gist-embed.ts";
import { matryoshka } from "../../../src/training/losses/matryoshka.ts";
import { largestDifference } from "../learner/tiny-student.ts";
import { runLoss } from "./run-loss.ts";

interface Guided {
  options: Partial<GistEmbedLossOptions>;
  embeddings: number[][][];
  /** [columns, rows, width] */
  guide: number[][][];
  value: number;
  gradients: number[][][];
}

const bytes = readFileSync(new URL("../../gold/training/guided-losses.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as Guided[];

test.each(gold.map((each) => [JSON.stringify(each.options), each.embeddings.length, each] as const))(
  "%s of %i columns",
  async (_options, columns, each) => {
    const [rows, width] = [each.embeddings[0]!.length, each.guide[0]![0]!.length];
    const loss = gistEmbed({ ...each.options, guide: "any" }).withGuide!(width);
    const data = Float32Array.from(
      Array.from({ length: rows }, (_, row) => each.guide.flatMap((column) => column[row]!)).flat(),
    );
    const guide = { dtype: "float32", shape: [rows, columns * width], data } as const;
    const { value, gradients } = await runLoss(loss, each.embeddings, { guide });
    expect(Math.abs(value - each.value)).toBeLessThan(1e-5 * Math.max(1, each.value));
    const scale = Math.max(...each.gradients.flat(2).map(Math.abs));
    for (const [column, expected] of each.gradients.entries()) {
      expect(largestDifference(gradients[column]!, expected.flat()) / scale).toBeLessThan(1e-5);
    }
  },
);

test("options that can't do are refused, and a wrapper keeps the guide", () => {
  const refused = [
    [() => gistEmbed({} as never), "`guide` should be a model folder"],
    [() => gistEmbed({ guide: "x", temperature: 0 }), "temperature should be a positive number"],
    [() => gistEmbed({ guide: "x", marginStrategy: "none" as never }), "marginStrategy should be one of"],
    [() => gistEmbed({ guide: "x", margin: Number.NaN }), "margin should be a number"],
  ] as const;
  for (const [make, message] of refused) expect(make).toThrow(message);
  const nested = matryoshka(gistEmbed({ guide: "x" }), { dimensions: [4, 2] });
  expect(nested.guide).toEqual({ model: "x", revision: undefined });
  expect(nested.withGuide!(5).inputs(4, 3, 0).guide).toEqual(["batch", 15]);
  expect(nested.withGuide!(5).recipe).toEqual(nested.recipe);
});
