/** Results of a run as they might be. */
import type { Results } from "../../bench/encoding/results.ts";

export function exampleResults(): Results {
  const likeness = (meanCosine: number, minCosine: number) => ({ meanCosine, minCosine, maxDifference: 1e-7 });
  const pass = (engine: string, meanCosine: number, minCosine: number) => ({
    engine,
    shortMiB: 300,
    allMiB: 400,
    short: likeness(meanCosine, minCosine),
    long: likeness(meanCosine, minCosine),
    stsb: 82.03,
    eventLoop: undefined,
  });
  const short = (engine: string, round: number, seconds: number) => {
    return { engine, task: "short" as const, round, texts: 4000, seconds };
  };
  const results: Results = {
    model: "a-model",
    date: "2026-11-29",
    command: "npm run bench -- --python venv",
    machine: {
      processor: "A processor",
      cores: 2,
      memoryGiB: 24,
      system: "Linux 6.1",
      node: "v24.0.0",
      instructions: ["avx2"],
      gigaflops: 200,
    },
    texts: {
      short: { count: 4000, tokens: 68_000, operations: 4000 * 1e8 },
      mixed: { count: 256, tokens: 20_000, operations: 1e9 },
      long: { count: 128, tokens: 32_000, operations: 1e9 },
    },
    engines: [
      { name: "hpd fp32", isExact: true, settings: "defaults", versions: { hpd: "0.1.0" } },
      { name: "other f32", isExact: true, settings: "f32 hint", versions: { OpenThing: "1.2" } },
      { name: "hpd <int8>", isExact: false, settings: "quantized", versions: { hpd: "0.1.0" } },
    ],
    leftOut: [{ names: "fastembed", why: "it isn't there" }],
    firstPasses: [pass("hpd fp32", 1, 1), pass("other f32", 1 - 1e-9, 1 - 2e-7), pass("hpd <int8>", 0.99812, 0.98531)],
    samples: [
      { engine: "hpd fp32", task: "start", round: 1, milliseconds: [300] },
      short("hpd fp32", 1, 4),
      short("hpd fp32", 2, 4.4),
      short("hpd fp32", 3, 3.9),
      short("other f32", 1, 5),
      short("hpd <int8>", 1, 2),
      { engine: "hpd fp32", task: "long", round: 1, texts: 128, seconds: 2.56 },
      { engine: "hpd fp32", task: "query", round: 1, milliseconds: [2, 3] },
      { engine: "hpd fp32", task: "query", round: 2, milliseconds: [1, 9] },
      { engine: "hpd fp32", task: "passage", round: 1, milliseconds: [30, 20, 40] },
      { engine: "other f32", task: "query", round: 1, milliseconds: [2, 2] },
      {
        engine: "hpd fp32",
        task: "beside",
        round: 1,
        texts: 3000,
        seconds: 3,
        aloneSeconds: 2.7,
        milliseconds: [5, 7],
      },
    ],
  };
  // As it is read from a file, where what is undefined is not there.
  return JSON.parse(JSON.stringify(results));
}
