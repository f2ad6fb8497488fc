import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type DistillationCard, distillationCard } from "../../src/distillation/card.ts";
import { recipeOf } from "../../src/distillation/options.ts";
import type { Origin } from "../../src/publishing/card/origins.ts";

const teacher: Origin = { role: "teacher", model: "org/teacher", isOnHub: true, license: "apache-2.0" };
const student: Origin = { role: "student", model: "/home/me/models/small", isOnHub: false, license: "apache-2.0" };

const card: DistillationCard = {
  name: "my-model",
  recipe: recipeOf({
    teachers: [{ model: "org/teacher", token: "hf_secret", prompt: "a | b: " }],
    student: { model: "/home/me/models/small", layers: [1, 3, 5], cacheFolder: "/home/me/cache" },
    sentences: [{ path: "/home/me/data/sentences.txt.gz" }],
    out: "/home/me/out/my-model",
    maxGradientNorm: Number.POSITIVE_INFINITY,
  }),
  origins: [teacher, student],
  prepared: {
    type: "prepared",
    counts: { read: 120_000, empty: 1, tooLong: 20, duplicates: 300, augmented: 0, train: 114_679, validation: 5000 },
    teacherDimension: 384,
    dimension: 128,
    explainedVariance: 0.8767,
    parameters: 17_400_000,
    totalSteps: 1000,
    resumedFrom: 0,
  },
  maxSeqLength: 256,
  training: {
    steps: 1000,
    samples: 64_000,
    samplesAre: "sentences",
    seconds: 3725,
    validations: Array.from({ length: 40 }, (_, index) => ({ step: 25 * (index + 1), loss: 1 / (index + 3) })),
    best: { step: 925, loss: 0.02564 },
    scoreName: undefined,
  },
  scores: [],
  version: "1.2.3",
};

function frontMatter(text: string): Record<string, unknown> {
  return parse(/^---\n(.*?)\n---\n/s.exec(text)![1]!);
}

function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${title}\n`))!;
}

test("the front matter is what the hub reads", () => {
  expect(frontMatter(distillationCard(card))).toEqual({
    license: "apache-2.0",
    library_name: "sentence-transformers",
    pipeline_tag: "sentence-similarity",
    tags: ["sentence-transformers", "sentence-similarity", "feature-extraction", "knowledge-distillation"],
    base_model: ["org/teacher"],
  });
});

test("it says what the model is, how to use it, and how it was made", () => {
  const text = distillationCard(card);
  expect(text.match(/^#+ .*$/gm)).toEqual([
    "# my-model",
    "## Usage",
    "## Data",
    "## Training",
    "## Recipe",
    "## Limits",
    "## Licence",
    "## Citation",
  ]);
  expect(text).toContain('SentenceTransformer.load("my-model")');
  expect(text).toContain('SentenceTransformer("my-model")');
  expect(section(text, "Data")).toContain("| trained on | 114,679 |");
  expect(section(text, "Data")).toContain("| variance that the projection keeps | 87.7 % |");
  expect(section(text, "Data")).not.toContain("augmentation");
  expect(section(text, "Training")).toContain("1,000 updates, 64,000 sentences seen, 1 h 2 min");
});

test("the recipe holds all options and nothing of the machine", () => {
  const text = distillationCard(card);
  const options = parse(/```yaml\n(.*?)```/s.exec(text)![1]!);
  expect(options).toMatchObject({
    teachers: [{ model: "org/teacher", prompt: "a | b: " }],
    student: { model: "small", layers: [1, 3, 5] },
    sentences: [{ path: "sentences.txt.gz" }],
    maxGradientNorm: Number.POSITIVE_INFINITY,
    learningRate: 1e-4,
    batchSize: 64,
    seed: 42,
    loss: { mse: 1 },
  });
  for (const secret of ["hf_secret", "/home/me"]) expect(text).not.toContain(secret);
});

test("the curve is short and holds what was kept", () => {
  const rows = section(distillationCard(card), "Training")
    .match(/^\|.*$/gm)!
    .slice(2);
  expect(rows.length).toBeLessThanOrEqual(13);
  expect(rows.filter((row) => row.includes("**"))).toEqual(["| **925** | **0.0256** |"]);
  expect(rows.at(-1)).toMatch(/^\| 1,000 \| 0\.0238 \|$/);
  const one = { ...card.training, validations: [{ step: 5, loss: 0.5, score: 0.81234 }], best: { step: 5, loss: 0.5 } };
  const scored = section(distillationCard({ ...card, training: { ...one, scoreName: "STS-B dev" } }), "Training");
  expect(scored).toContain("| update | validation loss | STS-B dev |\n|---|---|---|\n| **5** | **0.5** | **0.8123** |");
});

test("scores come with their commands, and in the front matter", () => {
  const command = "hpd evaluate sts --model my-model --data data";
  const text = distillationCard({
    ...card,
    scores: [
      { task: "STS12", metric: "Spearman x 100", value: 71.234, command },
      { task: "STS13", metric: "Spearman x 100", value: 80, command },
    ],
  });
  expect(section(text, "Scores")).toContain("| STS12 | Spearman x 100 | 71.23 |\n| STS13 | Spearman x 100 | 80.00 |");
  expect(text.split(command)).toHaveLength(2);
  expect(frontMatter(text)["model-index"]).toEqual([
    {
      name: "my-model",
      results: [
        ["STS12", 71.234],
        ["STS13", 80],
      ].map(([name, value]) => ({
        task: { type: "sentence-similarity", name: "Sentence Similarity" },
        dataset: { name, type: "unknown" },
        metrics: [{ type: "unknown", name: "Spearman x 100", value }],
      })),
    },
  ]);
});

describe("the licence", () => {
  test.each<[string, Origin[], string | undefined, RegExp]>([
    [
      "of all is the model's",
      [teacher, student],
      "apache-2.0",
      /small, apache-2\.0\n\nSo this model's licence is apache/,
    ],
    ["that differs is other", [teacher, { ...student, license: "mit" }], "other", /keep to all of these/],
    [
      "that one doesn't state is not stated",
      [{ ...teacher, license: undefined }, student],
      undefined,
      /org\/teacher, no licence stated/,
    ],
  ])("%s", (_, origins, expected, text) => {
    const written = distillationCard({ ...card, origins });
    expect(frontMatter(written).license).toBe(expected);
    expect(section(written, "Licence")).toMatch(text);
  });
});
