/**
 * The seven STS tasks end to end, from starting the process to the scores, next to sentence-transformers in the same run:
 * `npm run bench:evaluate -- --python VENV`. Both by turns, each with its library's default number of threads.
 * tools/bench/README.md says how to make the Python side.
 */

import { execFileSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pythonProgram } from "./python-program.ts";
import { median } from "./statistics.ts";

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: process.env.HPD_DATA ?? join(root, "../shared/data") },
    model: {
      type: "string",
      default: join(process.env.HPD_TEST_MODELS ?? join(root, "../shared/models"), "all-MiniLM-L6-v2"),
    },
    python: { type: "string" },
    rounds: { type: "string", default: "3" },
  },
});

interface Side {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly seconds: number[];
  /** By task, x 100. */
  scores: Readonly<Record<string, number>>;
  readonly scoresOf: (output: string) => Record<string, number>;
}

const sides: Side[] = [
  {
    name: "hpd evaluate",
    // The other side measures no cost. Intervals are included.
    command: [
      process.execPath,
      join(root, "dist/cli/main.js"),
      ...["evaluate", options.model, "--data", options.data, "--no-cost", "--json"],
    ],
    seconds: [],
    scores: {},
    scoresOf(output) {
      const report = JSON.parse(output) as { models: [{ tasks: { name: string; score: number }[] }] };
      return Object.fromEntries(report.models[0].tasks.map(({ name, score }) => [name, 100 * score]));
    },
  },
];
if (options.python === undefined) console.error("sentence-transformers is left out: no --python");
else {
  sides.push({
    name: "sentence-transformers",
    command: [pythonProgram(options.python), join(root, "tools/bench/evaluate_sts.py"), options.model, options.data],
    seconds: [],
    scores: {},
    scoresOf: JSON.parse,
  });
}

for (let round = 0; round < Number(options.rounds); round++) {
  for (const side of sides) {
    const [command, ...args] = side.command;
    const start = performance.now();
    const output = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    side.seconds.push((performance.now() - start) / 1000);
    side.scores = side.scoresOf(output);
  }
}

const [own, python] = sides as [Side, Side?];
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, ${options.rounds} rounds.\n`,
);
for (const { name, scores, seconds } of sides) {
  const shown = Object.entries(scores).map(([task, score]) => `${task} ${score.toFixed(2)}`);
  const rounds = seconds.map((value) => value.toFixed(1)).join(", ");
  console.log(`${name}: ${median(seconds).toFixed(1)} s (${rounds})\n  ${shown.join("  ")}`);
}
if (python !== undefined) {
  const differences = Object.entries(own.scores).map(([task, score]) => Math.abs(score - python.scores[task]!));
  console.log(`\nscores differ by at most ${Math.max(...differences).toFixed(4)}`);
  console.log(`${(median(python.seconds) / median(own.seconds)).toFixed(1)} x as fast, medians of whole processes`);
}
