/** Opens an index to write, after whoever else is writing. */
import { setTimeout as delay } from "node:timers/promises";
import { HpdError } from "../errors.ts";
import { InUseError } from "../files/in-use-error.ts";
import type { IndexLocation, IndexStore } from "./store.ts";

/** Milliseconds of waiting for another writer: an update takes some tenths of a second, a build minutes. */
const longestWait = 30_000;

/** Milliseconds between two tries, by chance, so that of two who see each other one comes first. */
const waits = { least: 10, most: 60 };

/** @throws HpdError `invalid_argument` if others write for too long; as `IndexLocation.open`; the signal's reason */
export async function openToWrite(location: IndexLocation, signal: AbortSignal | undefined): Promise<IndexStore> {
  const end = performance.now() + longestWait;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const store = await location.open("write");
      if (store !== undefined) return store;
      throw new HpdError("not_found", `there is no index at ${location.name} any more`);
    } catch (error) {
      if (!(error instanceof InUseError) || performance.now() > end) throw error;
    }
    await delay(waits.least + Math.random() * (waits.most - waits.least), undefined, { ...(signal && { signal }) });
  }
}
