import { globSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { aloneTests } from "./alone-tests.ts";

const sharedTests = globSync("test/**/*.test.ts").filter((path) => !aloneTests.includes(path));

/**
 * What stays in a process: fake timers, its variables and folder, what is defined for all; and what counts its time. Spies,
 * settings and stubs are taken back after each file, by Vitest and `runner.ts`.
 */
const leaves =
  /share-sessions|\bvi\.(?!fn\b|restoreAllMocks|setConfig|spyOn|(?:un)?stub\w+|waitFor)|process\.env(?:\.\w+|\[.*?\]) *=[^=]|delete process|chdir|(?:prototype|globalThis)\.\w+ *=[^=]|Object\.define\w+\(|assign\(\w+\.?(?:prototype|globalThis|process)|expectLinear/;

const importsOf = (path: string): string[] => {
  const code = readFileSync(path, "utf8").replaceAll(/^import type [^;]*;|^\s*\/?\*.*$|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) =>
    name!.startsWith(".") ? posix.join(dirname(path), name!) : name!,
  );
};

/** Puts back what it replaces. */
const restores = "test/cli/run-hpd.ts";

/** @returns all modules of the tests that a file imports */
function reachedFrom(path: string): Set<string> {
  const reached = new Set([path]);
  // The set grows while it is walked.
  for (const each of reached)
    if (/^test\/.*\.ts$/.test(each) && each !== restores) for (const name of importsOf(each)) reached.add(name);
  return reached;
}

describe.each(sharedTests)("%s", (path) => {
  test("leaves nothing in its process", () => {
    const own = [...reachedFrom(path)].filter((each) => /^test\/.*\.ts$/.test(each) && each !== restores);
    expect(own.filter((each) => leaves.test(readFileSync(each, "utf8")))).toEqual([]);
  });
});
