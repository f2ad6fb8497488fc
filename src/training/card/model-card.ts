/**
 * README.md of a student: what it is, how to use it, how it was made and measured, what it can't, and what it derives
 * from. The hub reads the YAML at its start. Source: https://huggingface.co/docs/hub/model-cards, and the template of
 * sentence-transformers.
 */
import { basename } from "node:path";
import { stringify } from "yaml";
import type { PreparedEvent } from "../distill/events.ts";
import { identityOf, type Recipe } from "../distill/options.ts";
import type { Validation } from "../loop/loop-state.ts";
import { duration, grouped, significant } from "../report/text.ts";
import { derivedLicense, type Origin } from "./origins.ts";
import type { Score } from "./score.ts";

export interface ModelCard {
  /** Of the model: the name of its folder. */
  readonly name: string;
  readonly recipe: Recipe;
  readonly origins: readonly Origin[];
  readonly prepared: PreparedEvent;
  /** Longer texts are cut to so many tokens. */
  readonly maxSeqLength: number;
  readonly training: TrainingSummary;
  readonly scores: readonly Score[];
  /** Of this library. */
  readonly version: string;
}

export interface TrainingSummary {
  readonly steps: number;
  readonly samples: number;
  readonly seconds: number;
  readonly validations: readonly Validation[];
  /** The one whose state was kept. */
  readonly best: Validation;
  /** What the evaluator measures, where there was one. */
  readonly scoreName: string | undefined;
}

/** Rows of the table of a training curve. */
const mostRows = 12;

export function modelCard(card: ModelCard): string {
  const sections = [
    `---\n${stringify(frontMatter(card))}---\n\n# ${card.name}\n\n${summary(card)}`,
    usage(card),
    measured(card),
    data(card),
    training(card),
    options(card),
    limits(card),
    license(card),
    citation,
  ];
  return `${sections.filter((section) => section !== undefined).join("\n\n")}\n`;
}

function frontMatter({ name, origins, scores }: ModelCard): object {
  const license = derivedLicense(origins);
  const bases = new Set(
    origins.flatMap(({ role, model, isOnHub }) => (isOnHub && role !== "tokenizer" ? [model] : [])),
  );
  return {
    ...(license !== undefined && { license }),
    library_name: "sentence-transformers",
    pipeline_tag: "sentence-similarity",
    tags: ["sentence-transformers", "sentence-similarity", "feature-extraction", "knowledge-distillation"],
    ...(bases.size > 0 && { base_model: [...bases] }),
    ...(scores.length > 0 && {
      "model-index": [
        {
          name,
          results: scores.map(({ task, metric, value }) => ({
            task: { type: "sentence-similarity", name: "Sentence Similarity" },
            dataset: { name: task, type: "unknown" },
            metrics: [{ type: "unknown", name: metric, value }],
          })),
        },
      ],
    }),
  };
}

function summary({ recipe, origins, prepared, maxSeqLength }: ModelCard): string {
  const teachers = recipe.teachers.map(({ model }) => nameOf(model, origins)).join(" and ");
  return `This is a [sentence-transformers](https://www.sbert.net) model: it maps texts to vectors of ${prepared.dimension}
dimensions, which are compared by their cosine. Their length is not 1: for a store that ranks by dot product, scale
them (\`normalizeEmbeddings: true\`, in Python \`normalize_embeddings=True\`). It was made with hpd by Homomorphic
Projective Distillation: it learnt to give a linear projection of the embeddings of ${teachers}.

${table([
  ["", ""],
  ["dimensions", grouped(prepared.dimension)],
  ["weights", grouped(prepared.parameters)],
  ["longest text", `${grouped(maxSeqLength)} tokens`],
  ["similarity", "cosine"],
])}`;
}

function usage({ name }: ModelCard): string {
  const model = JSON.stringify(name);
  const texts = '["He plays guitar.", "A street vendor is outside."]';
  return `## Usage

In TypeScript, after \`npm install hpd\`:

\`\`\`ts
import { SentenceTransformer } from "hpd";

const model = await SentenceTransformer.load(${model});
const embeddings = await model.encode(${texts});
model.similarity(embeddings, embeddings);
\`\`\`

In Python, after \`pip install sentence-transformers\` (3.4 or later):

\`\`\`python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(${model})
embeddings = model.encode(${texts})
model.similarity(embeddings, embeddings)
\`\`\``;
}

function measured({ scores }: ModelCard): string | undefined {
  if (scores.length === 0) return undefined;
  const commands = [...new Set(scores.map(({ command }) => command))];
  return `## Scores

${table([["task", "metric", "score"], ...scores.map(({ task, metric, value }) => [task, metric, value.toFixed(2)])])}

\`\`\`sh
${commands.join("\n")}
\`\`\``;
}

function data({ recipe, prepared }: ModelCard): string {
  const { counts, teacherDimension, explainedVariance } = prepared;
  return `## Data

${table([
  ["", ""],
  ["files", recipe.sentences.map(({ path }) => basename(path)).join(", ")],
  ["sentences in them", grouped(counts.read)],
  ["left out: empty, too long, twice", [counts.empty, counts.tooLong, counts.duplicates].map(grouped).join(", ")],
  ...(counts.augmented > 0 ? [["added by augmentation", grouped(counts.augmented)]] : []),
  ["trained on", grouped(counts.train)],
  ["held out for validation", grouped(counts.validation)],
  ["dimensions of the teacher", grouped(teacherDimension)],
  ["variance that the projection keeps", `${(100 * explainedVariance).toFixed(1)} %`],
])}`;
}

function training({ training }: ModelCard): string {
  const { steps, samples, seconds, validations, best, scoreName } = training;
  const isBest = ({ step }: Validation): boolean => step === best.step;
  const stride = Math.ceil(validations.length / mostRows);
  const rows = validations
    .filter((validation, index) => (index + 1) % stride === 0 || isBest(validation))
    .map((validation) => {
      const cells = [grouped(validation.step), significant(validation.loss)];
      if (scoreName !== undefined) cells.push(validation.score?.toFixed(4) ?? "");
      return isBest(validation) ? cells.map((cell) => `**${cell}**`) : cells;
    });
  return `## Training

${grouped(steps)} updates, ${grouped(samples)} sentences seen, ${duration(seconds)}. In bold: what was kept.

${table([["update", "validation loss", ...(scoreName === undefined ? [] : [scoreName])], ...rows])}`;
}

function options({ recipe, origins, version }: ModelCard): string {
  return `## Recipe

All options, as \`distill\` of \`hpd/train\` ${version} takes them:

\`\`\`yaml
${stringify(withoutFolders(identityOf(recipe), "", origins))}\`\`\``;
}

/** Where models and sentences lay on the machine of whoever trained it is nobody's business. */
function withoutFolders(value: unknown, key: string, origins: readonly Origin[]): unknown {
  if (typeof value === "string") {
    if (key === "path") return basename(value);
    return key === "model" || key === "tokenizer" ? nameOf(value, origins) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutFolders(item, "", origins));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutFolders(item, name, origins)]));
}

function limits({ prepared, maxSeqLength }: ModelCard): string {
  return `## Limits

- Texts are cut to ${grouped(maxSeqLength)} tokens.
- It learnt to imitate, and from these sentences only: in other languages and other fields it may be far from its
  teacher, and it has its teacher's biases.
- The projection to ${prepared.dimension} dimensions keeps ${(100 * prepared.explainedVariance).toFixed(1)} % of the variance of the teacher's embeddings.
- A cosine ranks texts; its value is no probability.`;
}

function license({ origins }: ModelCard): string {
  const stated = origins.map(
    ({ role, model, license }) => `- ${role}: ${nameOf(model, origins)}, ${license ?? "no licence stated"}`,
  );
  const derived = derivedLicense(origins);
  const conclusion =
    derived === undefined
      ? "Not all of them state a licence, so none is stated here."
      : derived === "other"
        ? "Whoever uses this model has to keep to all of these."
        : `So this model's licence is ${derived}.`;
  return `## Licence

It derives from these models, whose cards state:

${stated.join("\n")}

${conclusion} The licence of the sentences is not looked at.`;
}

/** An id of the hub whole, of a folder its name. */
function nameOf(model: string, origins: readonly Origin[]): string {
  return origins.some((origin) => origin.model === model && origin.isOnHub) ? model : basename(model);
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head!), `|${head!.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

const citation = `## Citation

\`\`\`bibtex
@inproceedings{zhao-etal-2022-compressing,
  title = {Compressing Sentence Representation for Semantic Retrieval via Homomorphic Projective Distillation},
  author = {Zhao, Xuandong and Yu, Zhiguo and Wu, Ming and Li, Lei},
  booktitle = {Findings of the Association for Computational Linguistics: ACL 2022},
  year = {2022},
}
\`\`\``;
