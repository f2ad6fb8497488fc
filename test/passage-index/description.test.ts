/** What is taken over of an index's description, which may come from anywhere. */
import { expect, test } from "vitest";
import { type IndexDescription, parseDescription } from "../../src/passage-index/description.ts";

const description: IndexDescription = {
  formatVersion: 1,
  model: { name: "org/name", fingerprint: "f", options: { dtype: "int8", truncateDim: 8, revision: "v1" } },
  dimension: 8,
  isNormalized: true,
  similarity: "cosine",
  precision: "float32",
  settings: { lines: false, field: "text", chunkTokens: 256, overlapTokens: 32 },
};

test("comes back as it was written", () => {
  expect(parseDescription(JSON.stringify(description), "x")).toEqual(description);
  const plain = { ...description, model: { ...description.model, options: {} } };
  expect(parseDescription(JSON.stringify(plain), "x")).toEqual(plain);
});

test("says nothing of tokens, folders and the like to what loads its model", () => {
  const hostile = JSON.parse(JSON.stringify(description));
  Object.assign(hostile.model.options, {
    token: "hf_stolen",
    cacheFolder: "/elsewhere",
    localFilesOnly: false,
    workers: 1e6,
    onWarning: 1,
  });
  hostile.extra = 1;
  const text = JSON.stringify(hostile).replace('"options":{', '"options":{"__proto__":{"pooling":"cls"},');
  const parsed = parseDescription(text, "x");
  expect(parsed).toEqual(description);
  expect(parsed.model.options.pooling).toBeUndefined();
});

test.each([
  ["null", /should hold a JSON object, got null/],
  ["{", /JSON/],
  [`${"[".repeat(200)}${"]".repeat(200)}`, /nested/],
  [{ formatVersion: 2 }, /format 2, made by a newer hpd/],
  [{ formatVersion: 0 }, /formatVersion should be one of 1, got 0/],
  [{ model: null }, /model should be an object, got null/],
  [{ model: { name: "n", fingerprint: "f" } }, /model\.options should be an object/],
  [{ model: { name: 1, fingerprint: "f", options: {} } }, /model\.name should be a text, got 1/],
  [
    { model: { name: "n", fingerprint: "f", options: { dtype: "fp8" } } },
    /model\.options\.dtype should be one of fp32, int8/,
  ],
  [{ model: { name: "n", fingerprint: "f", options: { truncateDim: -1 } } }, /truncateDim should be an integer/],
  [{ model: { name: "n", fingerprint: "f", options: { revision: ["main"] } } }, /revision should be a text/],
  [{ dimension: 0 }, /dimension should be an integer of at least 1, got 0/],
  [{ dimension: 1.5 }, /dimension should be/],
  [{ isNormalized: "yes" }, /isNormalized should be true or false, got "yes"/],
  [{ similarity: "manhattan" }, /similarity should be one of cosine, dot, euclidean/],
  [{ precision: { toString: 1 } }, /precision should be one of float32, int8, binary/],
  [{ settings: { ...description.settings, chunkTokens: 0 } }, /settings\.chunkTokens should be/],
  [{ settings: { ...description.settings, overlapTokens: -1 } }, /settings\.overlapTokens should be/],
])("%j is refused", (change, message) => {
  const text = typeof change === "string" ? change : JSON.stringify({ ...description, ...change });
  const refusal = { name: "HpdError", message: expect.stringMatching(message) };
  expect(() => parseDescription(text, "x")).toThrow(expect.objectContaining(refusal));
});
