/** Programs of Yarn's Plug'n'Play have other file handles than Node's: they can't be synced, and no stream of Node takes them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runNode } from "../runtime/program.ts";

const sourceOf = (path: string): string => JSON.stringify(new URL(`../../src/${path}.ts`, import.meta.url).href);

const handlesOfYarn = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const { open } = fs.promises;
  fs.promises.open = async (...args) =>
    new Proxy(await open(...args), {
      getPrototypeOf: () => Object.prototype,
      get(handle, key) {
        if (key === "sync") return () => { throw new Error("Method not implemented."); };
        return typeof handle[key] === "function" ? handle[key].bind(handle) : handle[key];
      },
    });
  syncBuiltinESMExports();`;

test("files are written and read", () => {
  const folder = mkdtempSync(join(tmpdir(), "hpd-yarn-"));
  const program = `${handlesOfYarn}
    const { replaceFile } = await import(${sourceOf("files/replace-file")});
    const { writeFolder } = await import(${sourceOf("files/write-folder")});
    const { PartialFile } = await import(${sourceOf("files/partial-file")});
    const { openDecoded } = await import(${sourceOf("texts/decoded")});
    const inFolder = (name) => ${JSON.stringify(folder)} + "/" + name;
    await replaceFile(inFolder("replaced"), "a text");
    await writeFolder(inFolder("folder"), [["file", new TextEncoder().encode("in a folder")]], false);
    const partial = await PartialFile.create(inFolder("partial"));
    await partial.append(new TextEncoder().encode("in parts"));
    await partial.finish();
    for await (const piece of (await openDecoded(inFolder("partial"), {})).pieces) console.log(piece);`;
  try {
    const ended = runNode(["--input-type=module", "--eval", program]);
    expect(ended).toEqual({ status: 0, stdout: "in parts\n", stderr: "" });
    const texts = ["replaced", "folder/file", "partial"].map((name) => readFileSync(join(folder, name), "utf8"));
    expect(texts).toEqual(["a text", "in a folder", "in parts"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
