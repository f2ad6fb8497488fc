/** `rotateModel`: a model whose embeddings can be cut, with the similarities of the whole ones as they were. */
import { basename, resolve } from "node:path";
import { checkedTexts } from "../common/checked-texts.ts";
import { drawTexts } from "../common/draw-texts.ts";
import { grouped } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { packageVersion } from "../common/package-version.ts";
import { isCrossEncoder } from "../cross-encoder/is-cross-encoder.ts";
import { Covariance } from "../distillation/projection/covariance.ts";
import { symmetricEigen } from "../distillation/projection/symmetric-eigen.ts";
import { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { HpdError } from "../errors.ts";
import { requireOtherFolder, requireReplaceable } from "../files/write-folder.ts";
import { buildDense, denseConfig } from "../modules/dense.ts";
import { Parameters } from "../modules/parameters.ts";
import { embeddingKind } from "../publishing/card/card-kind.ts";
import { modelCard } from "../publishing/card/model-card.ts";
import { nameOf, type Origin, readOrigin } from "../publishing/card/origins.ts";
import { saveStudent } from "../publishing/save-model.ts";
import { Random } from "../random.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";
import { parameterCount } from "../training/run/checks.ts";
import { finiteElementsOf } from "../training/student/finite-elements.ts";
import { openStudent } from "../training/student/open-student.ts";
import { Student } from "../training/student/student.ts";
import { learnRotation } from "./learn-rotation.ts";
import { neighborsKept } from "./neighbors-kept.ts";
import { type CutResult, cutsOf, type RotateModelOptions, type RotateModelResult, rotateOptionsOf } from "./options.ts";

const batchSize = 512;
const fewestTexts = 200;
const mostMeasured = 1000;

/**
 * Writes the model with a rotation behind it, a Dense module, that is learnt from texts alone: the first numbers of an embedding
 * then tell as much as can be of which texts are near. All numbers together have the same cosines, products and distances as before, but
 * for rounding. Sources: see `rotation-step.ts`.
 *
 * @throws HpdError `invalid_argument` for too few texts, and for a model that is truncated already (`truncate_dim`);
 *   `unsupported` for a quantized model, a cross-encoder, or a model with several routes; as loading and saving do; the signal's reason
 */
export async function rotateModel(given: RotateModelOptions): Promise<RotateModelResult> {
  const options = rotateOptionsOf(given);
  const { model, out, limit, maxSteps, seed, weightsDtype, overwrite, signal, onProgress, onWarning } = options;
  await requireOtherFolder(out, model);
  await requireReplaceable(out, overwrite);
  const { token, cacheFolder, localFilesOnly, revision } = options;
  const source = defined({ token, cacheFolder, localFilesOnly, revision, signal });
  if (await isCrossEncoder(model, source)) {
    throw new HpdError("unsupported", `${model} is a cross-encoder: it has no embeddings to be rotated`);
  }
  const student = await openStudent({ ...source, model });
  if (typeof student.files.config.truncate_dim === "number") {
    throw new HpdError("invalid_argument", `${model} is truncated (truncate_dim): rotate the model that it is of`);
  }
  const cuts = cutsOf(options.dimensions, student.dimension);

  const random = new Random(seed);
  const { drawn } = await drawTexts(checkedTexts("sentences", options.sentences, signal), limit, random);
  const texts = random.shuffle(drawn).map(({ text }) => text);
  if (texts.length < fewestTexts) {
    const few = limit < fewestTexts ? "limit" : "sentences";
    throw new HpdError("invalid_argument", `${few} should be ${fewestTexts} at least, got ${texts.length}`);
  }
  const embeddings = await embed(texts);
  const measured = Math.min(mostMeasured, Math.floor(texts.length / 4));
  const learned = rowsBetween(embeddings, measured, embeddings.count);
  const rotation = await learnRotation(learned, await principalAxes(learned, signal), {
    dimensions: cuts,
    steps: maxSteps,
    batchSize: Math.min(batchSize, learned.count),
    random,
    signal,
    onStep: (done) => onProgress?.({ stage: "rotate", done, total: maxSteps }),
  });
  const kept = await neighborsKept(embeddings, measured, rotation, cuts, signal);
  const rotated = await inMemory(withRotation(student, rotation));
  const origin = await readOrigin("base", model, source, signal);
  const recipe = defined({ model, revision, dimensions: cuts, limit, maxSteps, seed, weightsDtype });
  const result = { out, learned: learned.count, measured, cuts: kept };
  const card = await cardOf(rotated, result, origin, recipe);
  await saveStudent(rotated, out, { weightsDtype, overwrite, modelCard: card });
  return result;

  async function embed(sentences: readonly string[]): Promise<Embeddings> {
    await using encoder = await SentenceTransformer.load(
      model,
      defined({ ...source, workers: options.workers, onWarning }),
    );
    return await encoder.encode(sentences, {
      normalizeEmbeddings: true,
      // The same seed gives the same rotation.
      fixedBatches: true,
      signal,
      onProgress: ({ done, total }) => onProgress?.({ stage: "encode", done, total }),
    });
  }
}

async function cardOf(
  student: Student,
  { out, learned, measured, cuts }: RotateModelResult,
  origin: Origin,
  recipe: object,
): Promise<string> {
  const lengths = cuts.map(({ dimensions }) => dimensions).join(", ");
  return modelCard({
    name: basename(resolve(out)),
    tags: ["matryoshka"],
    summary: `${nameOf(origin.model, [origin])} with a rotation behind it, by which its embeddings can be cut to their first ${lengths} numbers.`,
    kind: embeddingKind(student.dimension),
    parameters: parameterCount(student),
    maxSeqLength: student.maxSeqLength,
    origins: [origin],
    scores: [],
    data: [
      ["texts", `${grouped(learned)}, and ${grouped(measured)} others to measure with`],
      ...cuts.map((cut) => [`ten nearest texts kept at ${cut.dimensions} dimensions`, keptText(cut)] as const),
    ],
    recipe,
    madeBy: "rotateModel",
    limits: ["It has the biases of the model that it derives from."],
    citation: undefined,
    version: packageVersion,
  });
}

function keptText({ before, after }: CutResult): string {
  return `${(100 * after).toFixed(1)} %, before ${(100 * before).toFixed(1)} %`;
}

/** [dimension, dimension]: the directions of embeddings, the one first along which they differ most. */
async function principalAxes(embeddings: Embeddings, signal = new AbortController().signal): Promise<Float32Array> {
  const covariance = new Covariance(embeddings.dimension);
  covariance.add(embeddings.data);
  const { vectors } = await symmetricEigen(covariance.covariance(), embeddings.dimension, signal);
  return Float32Array.from(vectors);
}

/** The model with the rotation behind all, but before it scales embeddings to length 1. */
function withRotation(student: Student, rotation: Float32Array): Student {
  const { dimension, modules } = student;
  const weight = { dtype: "float32", shape: [dimension, dimension], data: rotation } as const;
  const parameters = new Parameters("the rotation", "", new Map([["linear.weight", weight]]));
  const dense = buildDense(denseConfig(dimension, dimension, "projection"), "the rotation", parameters);
  const last = modules.at(-1)!.type === "Normalize" ? modules.length - 1 : modules.length;
  return new Student(modules.toSpliced(last, 0, dense), student.tokenizer, student.files);
}

/** The model with its lazy weights read. */
async function inMemory(student: Student): Promise<Student> {
  const weights = [...student.parameters].map(
    async ([name, tensor]) => [name, await finiteElementsOf(name, tensor)] as const,
  );
  return student.withParameters(new Map(await Promise.all(weights)));
}
