import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fingerprint } from "../../tools/build/fingerprint.ts";

let root: string;
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hpd-fingerprint-"));
  for (const path of ["src/a.ts", "src/deep/er/b.ts", "tools/build/bundle.ts", "package.json", "dist/a.js"]) {
    write(path, path);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

const moveByte = (): void => {
  write("src/a.ts", "src/a.t");
  write("src/deep/er/b.ts", "ssrc/deep/er/b.ts");
};

test.each<[string, () => void]>([
  ["a source is changed", () => write("src/deep/er/b.ts", "src/deep/er/c.ts")],
  ["a source is new", () => write("src/new.ts", "")],
  ["a source is gone", () => rmSync(join(root, "src/a.ts"))],
  ["a source is renamed", () => renameSync(join(root, "src/a.ts"), join(root, "src/b.ts"))],
  ["a byte moves to the next file", moveByte],
  ["the build is another", () => write("tools/build/bundle.ts", "")],
  ["a package is another", () => write("package-lock.json", "{}")],
  ["what was built is changed", () => write("dist/a.js", "")],
  ["what was built is gone", () => rmSync(join(root, "dist"), { recursive: true })],
  ["something else was built", () => write("dist/chunks/b.js", "")],
])("is another where %s", (_, change) => {
  const before = fingerprint(root);
  change();
  expect(fingerprint(root)).not.toBe(before);
});

test("is the same where nothing of a build is changed", () => {
  const before = fingerprint(root);
  write("test/a.test.ts", "");
  write("src/a.ts", "src/a.ts");
  expect(fingerprint(root)).toBe(before);
});
