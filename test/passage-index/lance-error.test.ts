/** What a store in LanceDB does about errors of LanceDB, which have everything as text. */
import { expect, test } from "vitest";
import { plainLanceError } from "../../src/passage-index/lance/lance-error.ts";
import { LanceStore } from "../../src/passage-index/lance/lance-store.ts";

const source = "/usr/local/cargo/registry/src/index-1949cf8c6b5b557f/lance-file-8.0.0/src/writer.rs:319:9";
const full = `lance error: LanceError(IO): No space left on device (os error 28), ${source}  Caused by: the same, ${source}`;

test("places in the sources of LanceDB are left out, and a full disk has its code", () => {
  const message = "lance error: LanceError(IO): No space left on device (os error 28)";
  expect(plainLanceError(new Error(full))).toMatchObject({ code: "ENOSPC", message });
  expect(plainLanceError(new Error(`Bad query, ${source}\nmore`))).toMatchObject({ message: "Bad query" });
  expect(plainLanceError(new Error("Bad query"))).not.toHaveProperty("code");
});

/** A store whose table counts rows as it is told to. */
function storeThat(countRows: () => Promise<number>): LanceStore {
  const home = {
    name: "notes.index",
    lock: { requireHeld() {}, async [Symbol.asyncDispose]() {} },
    keptMilliseconds: 0,
    async keepDescription() {},
  };
  return new LanceStore({ table: { countRows }, home } as never);
}

test("an update on a full disk says so", async () => {
  const store = storeThat(() => Promise.reject(new Error(full)));
  await expect(store.update({ parts: [], removed: [{ file: "a.txt", part: 0 }] })).rejects.toMatchObject({
    code: "invalid_argument",
    message: "notes.index can't be written: no space is left on the disk (ENOSPC)",
  });
});

test("what a writer removes while it is read is read again, as long as that may help", async () => {
  let tries = 0;
  const missing = new Error("LanceError(IO): Object at location notes.index/passages.lance/data/1.lance not found");
  const store = (failures: number) =>
    storeThat(() => (++tries > failures ? Promise.resolve(7) : Promise.reject(missing)));
  expect(await store(6).count()).toBe(7);
  await expect(store(1_000).count()).rejects.toMatchObject({ code: "runtime" });
  expect(tries).toBeLessThan(30);
});
