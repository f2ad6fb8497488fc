/** The machine's peak of large matrix products in the runtime: what the share of a benchmark's arithmetic is measured by. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { EngineProcess } from "./engine-process.ts";

/**
 * One single-threaded process a core, all multiplying at once; the best of three rounds.
 *
 * @param start a process that the caller stops if this fails
 * @returns GFLOP/s of float32
 */
export async function measurePeak(start: (name: string, command: readonly string[]) => EngineProcess): Promise<number> {
  const script = join(import.meta.dirname, "engines/matrix-product.ts");
  const engines = Array.from({ length: availableParallelism() }, () => start("peak", [process.execPath, script]));
  await Promise.all(engines.map((engine) => engine.answer()));
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(engines.map((engine) => engine.ask("product")));
    best = Math.max(
      best,
      answers.reduce((sum, { gigaflops }) => sum + gigaflops!, 0),
    );
  }
  await Promise.all(engines.map((engine) => engine.stop()));
  return best;
}
