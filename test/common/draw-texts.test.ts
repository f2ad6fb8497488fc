/** Texts that are drawn of a stream: which, and what stays in memory. */
import { expect, test } from "vitest";
import { drawTexts } from "../../src/common/draw-texts.ts";
import { Random } from "../../src/random.ts";
import { heldBytes } from "../held-bytes.ts";

const chunks = 400;
const chunkTexts = 10;

/** Texts as readers of files have them: pieces of what was read at once. */
async function* piecesOfChunks(): AsyncGenerator<string, void, undefined> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    const read = Buffer.alloc(65_536, `${chunk} `).toString("latin1");
    for (let piece = 0; piece < chunkTexts; piece++) yield read.slice(piece * 100, (piece + 1) * 100);
    yield " ";
  }
}

test("what is drawn of many texts holds nothing else of what was read", async () => {
  await heldBytes();
  const before = await heldBytes();
  const { drawn, seen } = await drawTexts(piecesOfChunks(), 200, new Random(1));
  // 10 MB if each kept what it is a piece of.
  expect((await heldBytes()) - before).toBeLessThan(3e6);
  expect(seen).toBe(chunks * chunkTexts);
  expect(new Set(drawn.map(({ position }) => position)).size).toBe(200);
  for (const { position, text } of drawn) expect(text).toContain(` ${Math.floor(position / chunkTexts)} `);
});

test("of fewer texts than the limit all are there, in their order, but for blank ones", async () => {
  async function* few() {
    yield* ["a", " ", "b", "\t", "c"];
  }
  const { drawn, seen } = await drawTexts(few(), 3, new Random(1));
  expect(drawn.map(({ text }) => text)).toEqual(["a", "b", "c"]);
  expect(seen).toBe(3);
});
