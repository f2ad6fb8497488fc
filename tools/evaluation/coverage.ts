/**
 * A check by simulation that 95 % confidence intervals of `hpd evaluate` hold the truth in 95 % of cases, metric by metric:
 *
 *     npm run coverage -- [--items 200,1000] [--draws 1000] [--metric spearman] [--bootstrap]
 *
 * `--bootstrap` adds percentile intervals of the bootstrap. 200 items and 600 draws with it take about half an hour of all
 * metrics, k-means most of it.
 */
import { parseArgs } from "node:util";
import { percentileBootstrap, subsampling } from "./coverage/methods.ts";
import { populations } from "./coverage/populations.ts";
import { type Coverage, simulate } from "./coverage/simulate.ts";

const { values: options } = parseArgs({
  options: {
    items: { type: "string", default: "200,1000" },
    draws: { type: "string", default: "1000" },
    samples: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    metric: { type: "string", default: "" },
    bootstrap: { type: "boolean", default: false },
  },
});
const samples = Number(options.samples);
const methods = [subsampling(samples), ...(options.bootstrap ? [percentileBootstrap(samples)] : [])];
const draws = Number(options.draws);
const inPercent = (value: number) => (100 * value).toFixed(1).padStart(6);
const shown = ({ covered, holdsEstimate, width }: Coverage) => {
  const mark = covered < 0.93 || covered > 0.97 || holdsEstimate < 1 ? "*" : " ";
  return `${inPercent(covered)}${mark}${inPercent(holdsEstimate)}  ${width.toFixed(2)}`;
};

console.log(
  `${draws} draws, ${samples} samples each, seed ${options.seed}. Covered, holds the estimate (%), width by 3.92 sd:`,
);
console.log(`of the score, then of the difference of two models. * where outside of 93 to 97 %.`);
for (const population of populations.filter(({ metric }) =>
  metric.toLowerCase().includes(options.metric.toLowerCase()),
)) {
  for (const items of options.items.split(",").map(Number)) {
    const some = population.isSlow ? Math.ceil(draws / 5) : draws;
    const simulated = await simulate(population, items, methods, {
      draws: some,
      moreDraws: 2 * some,
      seed: Number(options.seed),
    });
    const { score, difference } = simulated[0]!;
    const title = `${population.metric}, ${population.place}`.padEnd(64);
    console.log(
      [
        `${title} ${String(items).padStart(5)}  ${score.toFixed(3).padStart(6)} ${difference.toFixed(3).padStart(6)}`,
        ...simulated.map(({ of }) => `${shown(of.score)}  |${shown(of.difference)}`),
      ].join("  ||"),
    );
  }
}
