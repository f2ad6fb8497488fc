/** What is reported: intervals, comparisons, tables, pages. Scores are made up; the models have known differences. */
import { expect, test } from "vitest";
import { bytesPerMillionVectors } from "../../src/evaluation/cost/cost.ts";
import type { Evaluation, ScoredPair } from "../../src/evaluation/evaluator.ts";
import {
  buildReport,
  type Cost,
  type EvaluatedModel,
  htmlReport,
  markdownReport,
  mtebResults,
  textReport,
} from "../../src/evaluation/index.ts";
import { ratioInWords } from "../../src/evaluation/report/ratio.ts";
import { markdownTable, textTable } from "../../src/evaluation/report/text-table.ts";
import { worstPairs } from "../../src/evaluation/report/worst-pairs.ts";
import { expectPolicy } from "../report/policy.ts";

/** A mean over items, so that every interval is known well enough. */
function evaluation(
  name: string,
  values: number[],
  type: Evaluation["type"] = "STS",
  pairs?: ScoredPair[],
): Evaluation {
  const score = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    name,
    type,
    mainMetric: "cosine_spearman",
    scores: { cosine_spearman: score, cosine_pearson: score / 2 },
    count: values.length,
    resampling: { itemScores: [values], range: [-1, 1] },
    ...(pairs && { pairs }),
  };
}

const cost: Cost = {
  parameters: 8000,
  fileBytes: 33e6,
  weightBytes: 32e6,
  peakMemoryBytes: 400e6,
  sentencesPerSecond: 100,
  singleP50Milliseconds: 8,
  singleP99Milliseconds: 12,
};

const spread = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) / 100);

const baseline: EvaluatedModel = {
  name: "teacher",
  dimension: 384,
  evaluations: [evaluation("one", spread), evaluation("two", spread), evaluation("found", spread, "Retrieval")],
  cost,
};

const student: EvaluatedModel = {
  name: "student",
  dimension: 48,
  evaluations: [
    // Always 0.1 below, and in the mean of both tasks 0.05.
    evaluation(
      "one",
      spread.map((value) => value - 0.1),
    ),
    evaluation("two", spread),
    evaluation(
      "found",
      spread.map((value, index) => value + (index % 2 === 0 ? 0.2 : -0.19)),
      "Retrieval",
    ),
  ],
  cost: { ...cost, parameters: 1000, sentencesPerSecond: 250, singleP99Milliseconds: 24 },
};

const options = { sampling: { samples: 300, seed: 1 }, createdAt: "2026-01-02T03:04:05Z", machine: "a machine" };
const report = buildReport([student, baseline], "teacher", options);

test("scores, means of the tasks of one type, intervals around them", () => {
  const [own, other] = report.models;
  expect(own!.tasks.map(({ score }) => score)).toEqual([0.395, 0.495, 0.5].map((score) => expect.closeTo(score, 10)));
  expect(own!.means).toEqual([
    {
      type: "STS",
      name: "mean of 2",
      tasks: ["one", "two"],
      score: expect.closeTo(0.445, 10),
      interval: { low: expect.any(Number), high: expect.any(Number) },
    },
  ]);
  for (const { score, interval } of [...own!.tasks, ...own!.means, ...other!.tasks]) {
    expect(interval!.low).toBeLessThan(score);
    expect(interval!.high).toBeGreaterThan(score);
  }
  // A mean of two tasks is known better than either.
  const width = ({ interval }: { interval?: { low: number; high: number } | undefined }) =>
    interval!.high - interval!.low;
  expect(width(own!.means[0]!)).toBeLessThan(0.85 * width(own!.tasks[0]!));
});

test("differences are paired: what is the same on every item has little spread, however much the scores have", () => {
  const [comparison] = report.comparisons;
  expect(comparison).toMatchObject({ model: "student", baseline: "teacher" });
  const [one, two, found] = comparison!.tasks;
  expect(one!.difference).toBeCloseTo(-0.1, 10);
  // Two more items with as large a difference, one each way: Bonett and Price.
  const half = (1.984 * Math.SQRT2 * 0.1) / 100;
  expect(one!.interval!.low).toBeCloseTo(-0.1 - half, 5);
  expect(one!.interval!.high).toBeCloseTo(-0.1 + half, 5);
  expect(one!.retention).toBeCloseTo(0.395 / 0.495, 10);
  expect(two).toMatchObject({ difference: 0, retention: 1 });
  expect(two!.interval!.low).toBeLessThan(0);
  // Up and down by turns: not significant.
  expect(found!.interval!.low).toBeLessThan(0);
  expect(found!.interval!.high).toBeGreaterThan(0);
  expect(comparison!.means[0]!.difference).toBeCloseTo(-0.05, 10);
});

test("development data counts in no mean, and stands behind it in every output", () => {
  const withDev = (model: EvaluatedModel, shift: number): EvaluatedModel => ({
    ...model,
    evaluations: [
      { ...evaluation("chosen by", [0.9 + shift, 0.8, 0.95]), isDev: true },
      evaluation("one", spread),
      evaluation(
        "two",
        spread.map((value) => value + shift),
      ),
    ],
  });
  const models = [withDev(student, 0), withDev(baseline, -0.02)];
  const withDevs = buildReport(models, "teacher", options);
  expect(withDevs.models[0]!.means).toMatchObject([{ name: "mean of 2", tasks: ["one", "two"], score: 0.495 }]);
  expect(withDevs.comparisons[0]!.means).toMatchObject([{ name: "mean of 2", difference: expect.closeTo(0.01, 10) }]);
  const text = textReport(withDevs);
  expect(text).toMatch(/^STS: cosine_spearman x 100 +one +two +mean of 2 +chosen by$/m);
  expect(text).toMatch(/^items +100 +100 +3$/m);
  expect(text).toMatch(/^student +49\.50 +49\.50 +49\.50 +88\.33$/m);
  expect(text).toMatch(/^student against teacher +\+0\.00 +\+2\.00 +\+1\.00 +\+0\.67$/m);
  expect(markdownReport(withDevs)).toContain("| one | two | mean of 2 | chosen by |");
  const page = htmlReport(withDevs, models);
  expect(page).toContain("<dt>STS, mean of 2</dt>");
  const names = [...page.matchAll(/<div class="name">([^<]*)/g)].map(([, name]) => name);
  expect(names).toEqual(["one", "two", "mean of 2", "chosen by", "one", "two", "mean of 2", "chosen by"]);
  const results = mtebResults(withDevs.models[0]!).map(({ content }) => content) as { scores: object }[];
  expect(results.map(({ scores }) => Object.keys(scores))).toEqual([["validation"], ["test"], ["test"]]);
  // One task of test data is its own mean.
  const [, ...single] = models[0]!.evaluations;
  const alone = { ...student, evaluations: [models[0]!.evaluations[0]!, single[0]!] };
  expect(buildReport([alone], alone.name, options).models[0]!.means).toEqual([]);
});

test("a score that is no number is refused, not shown", () => {
  const broken = { ...evaluation("one", spread), scores: { cosine_spearman: 0.5, cosine_pearson: Number.NaN } };
  for (const bad of [broken, { ...broken, scores: {} }, { ...broken, scores: { cosine_spearman: Infinity } }]) {
    const model = { ...student, evaluations: [bad] };
    expect(() => buildReport([model], model.name, options)).toThrow(/^one: the score cosine_\w+ should be a finite/);
  }
});

test("without subsamples there would be no intervals", () => {
  for (const samples of [0, Number.NaN]) {
    expect(() => buildReport([student], student.name, { ...options, sampling: { samples, seed: 1 } })).toThrow(
      /sampling.samples should be a positive integer/,
    );
  }
});

test("models with other tasks can't be compared; a task without resampling has no interval", () => {
  const other = { ...student, evaluations: student.evaluations.slice(1) };
  expect(() => buildReport([other, baseline], "teacher", options)).toThrow(/one \(100\), two \(100\), found \(100\)/);
  expect(() => buildReport([student], "teacher", options)).toThrow(
    /the baseline should be one of the models student, got teacher/,
  );
  const { resampling, ...fixed } = evaluation("fixed", spread);
  const alone = { name: "m", dimension: 2, evaluations: [fixed] };
  const [model] = buildReport([alone], alone.name, options).models;
  expect(model!.tasks[0]).not.toHaveProperty("interval");
  expect(model).not.toHaveProperty("cost");
});

test("nothing can be retained of a score that is not above 0", () => {
  const negative = { ...baseline, evaluations: [evaluation("one", [-0.5, -0.4])] };
  const better = { ...student, evaluations: [evaluation("one", [0.2, 0.3])] };
  const compared = buildReport([better, negative], "teacher", options);
  expect(compared.comparisons[0]!.tasks[0]).not.toHaveProperty("retention");
  expect(textReport(compared)).toMatch(/^ {2}retained$/m);
});

test("tables: aligned for terminals, GitHub's for Markdown", () => {
  const text = textReport(report);
  expect(text).toMatch(/^STS: cosine_spearman x 100 +one +two +mean of 2$/m);
  expect(text).toMatch(/^student +39\.50 +49\.50 +44\.50$/m);
  expect(text).toMatch(/^student against teacher +-10\.00 +\+0\.00 +-5\.00$/m);
  expect(text).toMatch(/^ {2}significant +yes +no +yes$/m);
  expect(text).toMatch(/^ {2}retained +79\.8 % +100\.0 % +89\.9 %$/m);
  expect(text).toMatch(/^parameters +1,000 +8\.0 x smaller +8,000$/m);
  expect(text).toMatch(/^sentences\/s +250 +2\.5 x faster +100$/m);
  expect(text).toMatch(/^one sentence, p50, ms +8\.00 +the same +8\.00$/m);
  expect(text).toMatch(/^one sentence, p99, ms +24\.00 +2\.0 x longer +12\.00$/m);
  expect(text).toMatch(/^a million vectors, MB +192\.0 +8\.0 x smaller +1536\.0$/m);
  expect(text).toContain(
    "95 %: confidence intervals over the choice of items, paired between models; 300 subsamples, seed 1. a machine, 2026-01-02.",
  );
  expect(markdownReport(report)).toContain("\n| student | 39.50 | 49.50 | 44.50 |\n");
  expect(
    textTable([
      ["a", "1"],
      ["雪 b", "100"],
    ]),
  ).toBe("a      1\n雪 b  100");
  expect(markdownTable([["a|b"], ["c\nd\\"]])).toBe("| a\\|b |\n| --- |\n| c d\\\\ |");
  expect(bytesPerMillionVectors(384)).toBe(1.536e9);
});

test.each([
  [1000, 8200, "8.2 x smaller"],
  [8200, 1000, "8.2 x larger"],
  [1000, 1040, "1.04 x smaller"],
  [3, 3, "the same"],
] as const)("%d beside %d is %s", (own, base, words) => {
  expect(ratioInWords(own, base, ["smaller", "larger"])).toBe(words);
});

test("MTEB's result files have what TaskResult demands", () => {
  const benchmark = { ...student, evaluations: [evaluation("STS-B", spread)] };
  const [one] = mtebResults(buildReport([benchmark], "student", options).models[0]!);
  expect(one).toEqual({
    fileName: "STSBenchmark.json",
    content: {
      dataset_revision: expect.any(String),
      task_name: "STSBenchmark",
      mteb_version: null,
      scores: {
        test: [
          {
            main_score: expect.closeTo(0.495, 10),
            cosine_spearman: expect.closeTo(0.495, 10),
            cosine_pearson: expect.closeTo(0.2475, 10),
            hf_subset: "default",
            languages: ["eng-Latn"],
          },
        ],
      },
      evaluation_time: null,
      kg_co2_emissions: null,
    },
  });
});

test("MTEB's result files call English what is known to be, and the split by its name", () => {
  const names = ["STS12", "STS-B", "SICK-R", "Quora", "QuoraRetrieval", "STS17", "my-STS12", "constructor"];
  const model = { ...student, evaluations: names.map((name) => evaluation(name, spread)) };
  const contents = mtebResults(buildReport([model], "student", options).models[0]!).map(({ content }) => content);
  const read = (contents as { task_name: string; scores: Record<string, { languages: string[] }[]> }[]).map(
    ({ task_name, scores }) => [
      task_name,
      ...Object.entries(scores).flatMap(([split, [one]]) => [split, one!.languages]),
    ],
  );
  expect(read).toEqual([
    ["STS12", "test", ["eng-Latn"]],
    ["STSBenchmark", "test", ["eng-Latn"]],
    ["SICK-R", "test", ["eng-Latn"]],
    ["Quora", "test", ["eng-Latn"]],
    ["QuoraRetrieval", "test", ["eng-Latn"]],
    ["STS17", "test", ["und-Zyyy"]],
    ["my-STS12", "test", ["und-Zyyy"]],
    ["constructor", "test", ["und-Zyyy"]],
  ]);
});

test("MTEB's result files have names of their own, also where two tasks' names are one in them", () => {
  const names = ["a/test", "a_test", "A test", "other"];
  const model = { ...student, evaluations: names.map((name) => evaluation(name, spread)) };
  const files = mtebResults(buildReport([model], "student", options).models[0]!).map(({ fileName }) => fileName);
  expect(files).toEqual(["a_test.json", "a_test_2.json", "A_test_3.json", "other.json"]);
});

test("the pairs a model gets most wrong: by the distance of the places, on either side", () => {
  const golds = [0, 1, 2, 3, 4, 5];
  const predictions = [0.9, 0.1, 0.3, 0.4, 0.5, 0.2];
  const pairs = golds.map((gold, index) => ({
    sentence1: `a${gold}`,
    sentence2: `b${gold}`,
    gold,
    predicted: predictions[index]!,
  }));
  const { over, under } = worstPairs(pairs, 2);
  // The second is where people have it: it is in neither list, though two are asked for.
  expect(over.map(({ gold }) => gold)).toEqual([0]);
  expect(over[0]).toMatchObject({ goldQuantile: 0.5 / 6, predictedQuantile: 5.5 / 6 });
  expect(under.map(({ gold }) => gold)).toEqual([5, 1]);
});

test("the page escapes every text, asks for nothing outside itself and runs no script", () => {
  const hostile = `</title><script>alert("1")</script><img src=x onerror='alert(1)'> & "quoted"`;
  const pairs = spread.map((gold, index) => ({
    sentence1: hostile,
    sentence2: `${index}`,
    gold,
    predicted: spread[99 - index]!,
  }));
  const evaluations = [evaluation(hostile, spread, "STS", pairs)];
  const models = [
    { ...student, name: `${hostile} student`, evaluations },
    { ...baseline, name: hostile, evaluations },
  ];
  const page = htmlReport(buildReport(models, hostile, options), models);
  expect(page.match(/<(script|img|link|iframe|object)/g)).toBeNull();
  // Nothing but markup of our own stands between angle brackets.
  const tags = new Set([...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag));
  expect([...tags].filter((tag) => ["alert", "script", "img"].includes(tag!))).toEqual([]);
  expect(page.match(/https?:|url\(|@import|src=x(?! onerror)/g)).toBeNull();
  expectPolicy(page);
  expect(page).toContain("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;");
  expect(page.match(/undefined|NaN|\[object/g)).toBeNull();
});

test("the page has a bar with its interval for each score and a dot for each pair", () => {
  const pairs = spread.map((gold) => ({ sentence1: "a", sentence2: "b", gold, predicted: gold / 2 }));
  const alone = { ...student, evaluations: [evaluation("one", spread, "STS", pairs), evaluation("two", spread)] };
  const page = htmlReport(buildReport([alone], alone.name, options), [alone]);
  expect(page.match(/class="bar"/g)!.length).toBe(3);
  expect(page.match(/class="interval"/g)!.length).toBe(3);
  expect(page).toContain('class="bar" style="width: 49.5');
  const dots = [...page.matchAll(/<path d="([^"]+)"\/>/g)].map(([, path]) => path!.match(/M[\d.]+ [\d.]+h0/g)!.length);
  expect(dots).toEqual([40, 40, 20]);
});
