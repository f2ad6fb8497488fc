import { readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { sharedTests } from "./shared-tests.ts";

/** What stays in a process: mocks, fake timers, its variables and folder, what is defined for all; and what counts its time. */
const leaves =
  /share-sessions|\bvi\.|process\.env(?:\.\w+|\[.*?\]) *=[^=]|delete process|chdir|(?:prototype|globalThis)\.\w+ *=[^=]|Object\.define\w+\(|assign\(\w+\.?(?:prototype|globalThis|process)|expectLinear/;

/** Processes and servers. Threads of models end with them. */
const starts = /^(?:esbuild|ioredis|pg|node:(?:child_process|cluster|https?|net))$/;

const importsOf = (path: string): string[] => {
  const code = readFileSync(path, "utf8").replaceAll(/^import type [^;]*;|^\s*\/?\*.*$|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) =>
    name!.startsWith(".") ? posix.join(dirname(path), name!) : name!,
  );
};

/** Asks the system, at most, what the start of a process was, and waits for the answer. */
const asks = "src/files/process-identity.ts";

/** @returns all modules that a file imports, and packages by their names */
function reachedFrom(path: string): Set<string> {
  const reached = new Set([path]);
  // The set grows while it is walked.
  for (const each of reached)
    if (each.endsWith(".ts") && each !== asks) for (const name of importsOf(each)) reached.add(name);
  return reached;
}

describe.each(sharedTests)("%s", (path) => {
  test("leaves nothing in its process", () => {
    const own = [...reachedFrom(path)].filter((each) => /^test\/.*\.ts$/.test(each));
    expect(own.filter((each) => leaves.test(readFileSync(each, "utf8")))).toEqual([]);
  });

  test("starts no process or server", () => {
    expect([...reachedFrom(path)].filter((each) => starts.test(each))).toEqual([]);
  });
});
