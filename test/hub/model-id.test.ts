import { expect, test } from "vitest";
import { isSafePath } from "../../src/hub/file-path.ts";
import { resolveModelId } from "../../src/hub/model-id.ts";

test("a bare name is a model of sentence-transformers, unless it is older than organizations", () => {
  expect(resolveModelId("all-MiniLM-L6-v2")).toBe("sentence-transformers/all-MiniLM-L6-v2");
  expect(resolveModelId("bert-base-uncased")).toBe("bert-base-uncased");
  expect(resolveModelId("BERT-base-uncased")).toBe("BERT-base-uncased");
  expect(resolveModelId("BAAI/bge-small-en-v1.5")).toBe("BAAI/bge-small-en-v1.5");
});

test.each(["", ".", "..", "../x", "a/../b", "./model", "/abs/model", "a/b/c", "a b", "a--b", "a..b", "a.git", "a\\b"])(
  "%j is no hub id",
  (name) => {
    expect(resolveModelId(name)).toBeUndefined();
  },
);

test.each([
  "../x",
  "/etc/passwd",
  "a/../../x",
  "a//b",
  "./a",
  "a\\b",
  "C:/x",
  "a/C:x",
  "",
  "a/",
  "a\0b",
  "x".repeat(2000),
])("the path %j is refused", (path) => {
  expect(isSafePath(path)).toBe(false);
});

test.each(["config.json", "1_Pooling/config.json", "..a/b..", ".gitattributes", "weights é.bin"])(
  "the path %j is taken",
  (path) => {
    expect(isSafePath(path)).toBe(true);
  },
);
