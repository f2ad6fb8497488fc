/**
 * README.md of a model that was made here: what it is, how to use it, how it was made and measured, what it can't, and
 * what it derives from. The hub reads the YAML at its start. Source: https://huggingface.co/docs/hub/model-cards, and
 * the template of sentence-transformers.
 */
import { basename } from "node:path";
import { grouped } from "../../common/numbers.ts";
import { loadYaml } from "../../files/load-yaml.ts";
import { modelName } from "../../files/model-name.ts";
import type { LoopState, Validation } from "../../training/loop/loop-state.ts";
import { duration, significant } from "../../training/report/text.ts";
import type { Score } from "../../training/run/score.ts";
import type { CardKind } from "./card-kind.ts";
import { derivedLicense, nameOf, type Origin } from "./origins.ts";

export interface ModelCard {
  /** The name of the model: that of its folder. */
  readonly name: string;
  /** Tags for the hub, beside those of every model: `knowledge-distillation`. */
  readonly tags: readonly string[];
  /** First paragraph: the model and how it was made, in Markdown. */
  readonly summary: string;
  readonly kind: CardKind;
  /** Number of weights. */
  readonly parameters: number;
  /** Maximum tokens per text; Infinity for no limit. */
  readonly maxSeqLength: number;
  readonly origins: readonly Origin[];
  readonly scores: readonly Score[];
  /** Rows of the table of training data: names and values. None for a model that was not trained. */
  readonly data: readonly (readonly [name: string, value: string])[];
  readonly training?: TrainingSummary;
  /** All options that it was made with. */
  readonly recipe: object;
  /** The function of `hpd/train` that takes them. */
  readonly madeBy: string;
  /**
   * The section that tells how to make the model again, in Markdown. Default: the options.
   *
   * @param options without folders
   */
  reproduction?(options: Readonly<Record<string, unknown>>): string;
  /** Limits of this model, beside those of its kind; each in Markdown. */
  readonly limits: readonly string[];
  /** Citation in BibTeX. */
  readonly citation: string | undefined;
  /** The version of this library. */
  readonly version: string;
}

export interface TrainingSummary {
  readonly steps: number;
  readonly samples: number;
  /** The plural noun for samples. */
  readonly samplesAre: "sentences" | "rows";
  readonly seconds: number;
  readonly validations: readonly Validation[];
  /** The one whose state was kept. */
  readonly best: Validation;
  /** Name of the evaluator's score; undefined without an evaluator. */
  readonly scoreName: string | undefined;
}

/** @param validations all of the run, whose end holds the best one */
export function trainingSummary(
  { step, samples, seconds, best }: LoopState,
  validations: readonly Validation[],
  scoreName: string | undefined,
  samplesAre: TrainingSummary["samplesAre"],
): TrainingSummary {
  return { steps: step, samples, samplesAre, seconds, validations, best: best!, scoreName };
}

/** Rows of the table of a training curve. */
const mostRows = 12;

export function modelCard(card: ModelCard): string {
  const sections = [
    `---\n${loadYaml().stringify(frontMatter(card))}---\n\n# ${card.name}\n\n${summary(card)}`,
    usage(card),
    measured(card),
    card.data.length > 0 ? `## Data\n\n${table([["", ""], ...card.data])}` : undefined,
    card.training && training(card.training),
    options(card),
    limits(card),
    license(card),
    card.citation && `## Citation\n\n\`\`\`bibtex\n${card.citation}\n\`\`\``,
  ];
  return `${sections.filter((section) => section !== undefined).join("\n\n")}\n`;
}

function frontMatter({ name, kind, tags, origins, scores }: ModelCard): object {
  const license = derivedLicense(origins);
  const bases = new Set(
    origins.flatMap(({ role, model, isOnHub }) => (isOnHub && role !== "tokenizer" ? [model] : [])),
  );
  return {
    ...(license !== undefined && { license }),
    library_name: "sentence-transformers",
    pipeline_tag: kind.pipelineTag,
    tags: ["sentence-transformers", ...kind.tags, ...tags],
    ...(bases.size > 0 && { base_model: [...bases] }),
    ...(scores.length > 0 && {
      "model-index": [
        {
          name,
          results: scores.map(({ task, metric, value }) => ({
            task: kind.task,
            dataset: { name: task, type: "unknown" },
            metrics: [{ type: "unknown", name: metric, value }],
          })),
        },
      ],
    }),
  };
}

function summary({ summary, kind, parameters, maxSeqLength }: ModelCard): string {
  return `${summary}

${table([
  ["", ""],
  ...kind.facts,
  ["weights", grouped(parameters)],
  ["longest text", Number.isFinite(maxSeqLength) ? `${grouped(maxSeqLength)} tokens` : "of any length"],
])}`;
}

function usage({ name, kind }: ModelCard): string {
  const { typescript, python, pythonVersion } = kind.usage(name);
  return `## Usage

In TypeScript, after \`npm install hpd\`:

\`\`\`ts
${typescript}
\`\`\`

In Python, after \`pip install sentence-transformers\` (${pythonVersion} or later):

\`\`\`python
${python}
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

function training(summary: TrainingSummary): string {
  const { steps, samples, samplesAre, seconds, validations, best, scoreName } = summary;
  const isBest = ({ step }: Validation): boolean => step === best.step;
  const later = validations.filter(({ step }) => step > 0);
  const stride = Math.ceil(later.length / mostRows);
  const rows = later
    .filter((validation, index) => (index + 1) % stride === 0 || isBest(validation))
    .map((validation) => {
      const cells = [grouped(validation.step), significant(validation.loss)];
      if (scoreName !== undefined) cells.push(validation.score?.toFixed(4) ?? "");
      return isBest(validation) ? cells.map((cell) => `**${cell}**`) : cells;
    });
  const base = validations.find(({ step }) => step === 0);
  const compared =
    base === undefined
      ? ""
      : `${comparison(base, best, scoreName)}

`;
  return `## Training

${compared}${grouped(steps)} updates, ${grouped(samples)} ${samplesAre} seen, ${duration(seconds)}. In bold: what was kept.

${table([["update", "validation loss", ...(scoreName === undefined ? [] : [scoreName])], ...rows])}`;
}

/** A table of loss and score before and after training. */
function comparison(base: Validation, best: Validation, scoreName: string | undefined): string {
  const rows = [["validation loss", significant(base.loss), significant(best.loss)]];
  if (scoreName !== undefined) {
    rows.unshift([scoreName, ...[base, best].map(({ score }) => score?.toFixed(4) ?? "")]);
  }
  return table([["", "before training", "after"], ...rows]);
}

function options({ recipe, madeBy, origins, version, reproduction }: ModelCard): string {
  const plain = withoutFolders(recipe, "", origins) as Readonly<Record<string, unknown>>;
  if (reproduction !== undefined)
    return `## Recipe

${reproduction(plain)}

Made with hpd ${version}.`;
  return `## Recipe

All options, as \`${madeBy}\` of \`hpd/train\` ${version} takes them:

\`\`\`yaml
${loadYaml().stringify(plain)}\`\`\``;
}

/** The value with the names of files and folders instead of their paths, which are private. */
function withoutFolders(value: unknown, key: string, origins: readonly Origin[]): unknown {
  if (typeof value === "string") {
    if (key === "path") return basename(value);
    if (key === "guide") return modelName(value);
    return key === "model" || key === "tokenizer" ? nameOf(value, origins) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutFolders(item, "", origins));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutFolders(item, name, origins)]));
}

function limits({ kind, limits, maxSeqLength }: ModelCard): string {
  const all = [
    ...(Number.isFinite(maxSeqLength) ? [`Texts are cut to ${grouped(maxSeqLength)} tokens.`] : []),
    ...limits,
    kind.limit,
  ];
  return `## Limits\n\n${all.map((limit) => `- ${limit}`).join("\n")}`;
}

function license({ origins, data }: ModelCard): string {
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

${conclusion}${data.length > 0 ? " The licence of the sentences is not looked at." : ""}`;
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head!), `|${head!.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
