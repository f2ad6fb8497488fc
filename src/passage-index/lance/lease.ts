/**
 * The lease of an index's writer in an object store, which has no locks: a row that names the writer and when its lease ends.
 * An update of it is atomic, and of two at once LanceDB does the second again on what the first has left: so one of them
 * finds no free lease. A writer that was killed leaves a lease that ends by itself.
 */
import { randomUUID } from "node:crypto";
import { HpdError } from "../../errors.ts";
import { InUseError } from "../../files/in-use-error.ts";
import type { WriterLock } from "./home.ts";
import type { LanceDB } from "./load-lancedb.ts";

/** Milliseconds of a lease, and between two renewals. Clocks of machines may differ by a few seconds. */
export const leaseTimes = { length: 60_000, renewal: 15_000 };

/** @throws InUseError if another writer has it */
export async function takeLease(table: LanceDB.Table, name: string): Promise<WriterLock> {
  const writer = randomUUID();
  const now = Date.now();
  let until = now + leaseTimes.length;
  const taken = await table.update({ where: `until < CAST('${now}' AS DOUBLE)`, values: { writer, until } });
  if (taken.rowsUpdated !== 1) {
    throw new InUseError(
      `${name}: another process writes to this index; wait until it is done, or a minute if it died`,
    );
  }
  let isLost = false;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async () => {
    const next = Date.now() + leaseTimes.length;
    const { rowsUpdated } = await table.update({ where: `writer = '${writer}'`, values: { until: next } });
    if (rowsUpdated === 1) until = next;
    else isLost = true;
  };
  // One that fails is tried again by the next; the lease lasts for several.
  const timer = setInterval(() => {
    renewing = renewing.then(renew).catch(() => {});
  }, leaseTimes.renewal);
  timer.unref();
  return {
    requireHeld() {
      if (!isLost && Date.now() < until) return;
      throw new HpdError(
        "invalid_argument",
        `${name}: another process may be writing since this one paused: run it again`,
      );
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await renewing;
      await table.update({ where: `writer = '${writer}'`, values: { writer: "", until: 0 } }).catch(() => {});
      // Versions of the row that nobody reads any more.
      await table.optimize({ cleanupOlderThan: new Date(Date.now() - leaseTimes.length) }).catch(() => {});
      table.close();
    },
  };
}
