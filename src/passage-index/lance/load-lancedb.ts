/**
 * Loads LanceDB, and Apache Arrow, the format of its data, when an index is opened. They are optional, because the
 * native library has 150 MB and more.
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

/** @throws HpdError `not_found` with the command that installs them */
export function loadLanceDB(): Libraries {
  // By `require`, as LanceDB loads Arrow: an import would load a second Arrow, whose tables LanceDB would copy.
  // LanceDB writes warnings about normal conditions to stderr, unless its log level is set.
  process.env.LANCEDB_LOG ??= "error";
  // On two cores LanceDB uses one thread for computations, and LanceDB 0.31 then deadlocks when it updates the
  // full-text index of some hundred thousand passages.
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
