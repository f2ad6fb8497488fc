/**
 * One model whose weights are the weighted mean of several: those of models that were trained from the same one lie in
 * a region where means are good, often better than each. Source: model soups (Wortsman et al., arXiv 2203.05482); with
 * negative weights, task arithmetic (Ilharco et al., arXiv 2212.04089).
 */
import { basename, resolve } from "node:path";
import { describe } from "../common/json.ts";
import { defined } from "../common/optional.ts";
import { packageVersion } from "../common/package-version.ts";
import { isCrossEncoder } from "../cross-encoder/is-cross-encoder.ts";
import { HpdError } from "../errors.ts";
import { realPathOf } from "../files/make-folder.ts";
import { requireReplaceable } from "../files/write-folder.ts";
import { embeddingKind } from "../publishing/card/card-kind.ts";
import { modelCard } from "../publishing/card/model-card.ts";
import { nameOf, type Origin, readOrigin } from "../publishing/card/origins.ts";
import { saveStudent } from "../publishing/save-model.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { parameterCount } from "../training/run/checks.ts";
import { finiteElementsOf } from "../training/student/finite-elements.ts";
import { openStudent } from "../training/student/open-student.ts";
import type { Student } from "../training/student/student.ts";
import { type MergeModelsOptions, mergeOptionsOf, type SharedModel } from "./options.ts";

/** A text whose tokens show whether two tokenizers are the same: words, pieces of words, numbers, accents, marks. */
const probe = "The naïve Übermensch re-tokenizes 3.14159 €, e.g. in C++: foo_bar(x)! 日本語 & Ελληνικά";

interface Part {
  readonly name: string;
  readonly share: number;
  readonly student: Student;
}

/**
 * Writes the mean as a sentence-transformers folder with a card. Weights are summed in float64, one tensor of each model
 * in memory at a time beside the result.
 *
 * @throws HpdError `invalid_argument` for an `out` that is one of the models, for models that don't have the same modules, tokens, and weights of the same
 *   shapes; `unsupported` for cross-encoders; as loading and saving do; the signal's reason
 */
export async function mergeModels(options: MergeModelsOptions): Promise<void> {
  const {
    models,
    out,
    weightsDtype,
    overwrite = false,
    signal,
    onProgress,
    onWarning,
    ...source
  } = mergeOptionsOf(options);
  for (const { model } of models) {
    if ((await realPathOf(model)) !== (await realPathOf(out))) continue;
    throw new HpdError("invalid_argument", `${out} is one of the models that are merged: name another folder`);
  }
  await requireReplaceable(out, overwrite);

  const parts: Part[] = [];
  for (const { model, revision, share } of models) {
    if (await isCrossEncoder(model, defined({ ...source, revision }))) {
      throw new HpdError("unsupported", `${model} is a cross-encoder: only embedding models are merged`);
    }
    const student = await openStudent({ ...source, model, revision, onWarning });
    parts.push({ name: model, share, student });
    requireSameKind(parts[0]!, parts.at(-1)!);
    signal?.throwIfAborted();
  }

  const { student: first } = parts[0]!;
  const merged = new Map<string, Tensor<"float32">>();
  for (const [name, { shape }] of first.parameters) {
    merged.set(name, { dtype: "float32", shape, data: await meanOf(name, parts) });
    signal?.throwIfAborted();
    onProgress?.({ stage: "merge", done: merged.size, total: first.parameters.size });
  }

  const origins = await Promise.all(
    models.map(({ model, revision }) => readOrigin("base", model, { ...source, revision }, signal)),
  );
  const student = first.withParameters(merged);
  await saveStudent(student, out, { weightsDtype, overwrite, modelCard: await cardOf(student, out, models, origins) });
}

async function cardOf(
  student: Student,
  out: string,
  models: readonly SharedModel[],
  origins: readonly Origin[],
): Promise<string> {
  return modelCard({
    name: basename(resolve(out)),
    tags: ["merge"],
    summary: `The weighted mean of the weights of ${models.map(({ model }) => nameOf(model, origins)).join(", ")}.`,
    kind: embeddingKind(student.dimension),
    parameters: parameterCount(student),
    maxSeqLength: student.maxSeqLength,
    origins,
    scores: [],
    data: [],
    recipe: { models: models.map(({ share: _, ...model }) => model) },
    madeBy: "mergeModels",
    limits: ["It has the biases of the models that it derives from."],
    citation,
    version: packageVersion,
  });
}

const citation = `@inproceedings{wortsman2022soups,
  title = {Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time},
  author = {Wortsman, Mitchell and others},
  booktitle = {International Conference on Machine Learning},
  year = {2022},
  url = {https://arxiv.org/abs/2203.05482}
}`;

async function meanOf(name: string, parts: readonly Part[]): Promise<Float32Array<ArrayBuffer>> {
  let sums: Float64Array | undefined;
  for (const { share, student } of parts) {
    const { data } = await finiteElementsOf(name, student.parameters.get(name)!);
    sums ??= new Float64Array(data.length);
    for (let at = 0; at < data.length; at++) sums[at]! += share * data[at]!;
  }
  return Float32Array.from(sums!);
}

function requireSameKind(first: Part, other: Part): void {
  const differs = (what: string, expected: unknown, found: unknown): HpdError =>
    new HpdError(
      "invalid_argument",
      `${other.name} should have the ${what} of ${first.name} to be merged with it, ${describe(expected)}, got ` +
        `${describe(found)}: merge models that were trained from the same one`,
    );
  const facts: readonly [what: string, of: (student: Student) => unknown][] = [
    ["modules", ({ modules }) => modules.map(({ type }) => type)],
    ["settings of modules", ({ modules }) => modules.slice(1).map(({ config }) => config)],
    ["tokens", ({ tokenizer }) => [...tokenizer.encode(probe)]],
  ];
  for (const [what, of] of facts) {
    const [expected, found] = [of(first.student), of(other.student)];
    if (JSON.stringify(expected) !== JSON.stringify(found)) throw differs(what, expected, found);
  }
  const [expected, found] = [first.student.parameters, other.student.parameters];
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const [one, two] = [expected.get(name)?.shape ?? "none", found.get(name)?.shape ?? "none"];
    if (String(one) !== String(two)) throw differs(`weight ${name}`, one, two);
  }
}
