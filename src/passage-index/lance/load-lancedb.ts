/**
 * LanceDB and Apache Arrow, which it takes its data as: optional, because the native library has 150 MB and more, and
 * loaded when an index is opened.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import type * as LanceDB from "@lancedb/lancedb";
import type * as Arrow from "apache-arrow";
import { HpdError } from "../../errors.ts";
import { requireInstalled } from "../../files/package-file.ts";

export type { Arrow, LanceDB };

export interface Libraries {
  readonly lancedb: typeof LanceDB;
  readonly arrow: typeof Arrow;
}

/** @throws HpdError `not_found` with the command that installs it */
export function loadLanceDB(): Libraries {
  // By `require`, as LanceDB loads Arrow: imported, Arrow would be a second one, whose tables LanceDB copies anew.
  // It tells stderr of things that are as they should be, unless somebody wants to know.
  process.env.LANCEDB_LOG ??= "error";
  // On two cores it takes one thread for its computations, and LanceDB 0.31 then waits for itself for ever when the
  // full-text index of some hundred thousand passages is brought up to date.
  process.env.LANCE_CPU_THREADS ??= String(Math.max(4, availableParallelism()));
  try {
    const lancedb = requireInstalled<typeof LanceDB>("@lancedb/lancedb", () => {
      const require = createRequire(import.meta.url);
      return require("@lancedb/lancedb");
    });
    const arrow = requireInstalled<typeof Arrow>("apache-arrow", () => {
      const require = createRequire(import.meta.url);
      return require("apache-arrow");
    });
    return { lancedb, arrow };
  } catch (cause) {
    throw new HpdError(
      "not_found",
      "an index in a folder needs LanceDB, which is not installed or does not run here: " +
        `npm install @lancedb/lancedb (${(cause as Error).message.split("\n")[0]})`,
      { cause },
    );
  }
}
