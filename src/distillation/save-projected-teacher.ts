/** Teachers that answer in their students' space. */
import { openModel } from "#hub";
import type { JsonObject } from "../common/json.ts";
import { defined } from "../common/optional.ts";
import { parsePrompts, resolvePrompt } from "../encode/prompts.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { buildDense, denseConfig } from "../modules/dense.ts";
import { loadModules, onlyPipeline } from "../modules/load-modules.ts";
import type { Module } from "../modules/module.ts";
import { requireOneRoute } from "../modules/module-entries.ts";
import { buildNormalize } from "../modules/normalize.ts";
import { Parameters } from "../modules/parameters.ts";
import { type SaveOptions, saveModel } from "../publishing/save-model.ts";
import { readModelConfig, readModelFiles } from "../training/student/model-files.ts";
import type { Projection } from "./projection/projection.ts";
import type { TeacherOptions } from "./teacher/teacher-options.ts";

/**
 * The teacher and a Dense that projects its embeddings, as one model: what it gives is what its students learn.
 *
 * @throws HpdError as `requireProjectable` and `saveStudent` do, and as `SentenceTransformer.load` does
 */
export async function saveProjectedTeacher(
  teachers: readonly TeacherOptions[],
  projection: Projection,
  folder: string,
  options: SaveOptions = {},
): Promise<void> {
  const { teacher, source } = await requireProjectable(teachers);
  const { input, modules } = onlyPipeline(
    await loadModules(source, teacher.pooling, () => {}),
    source.name,
    projecting,
  );
  const { inputFiles, config } = await readModelFiles(source, input);
  const all = [
    ...modules,
    // An embedding of length 1 stays as it is, but for rounding.
    ...(modules.at(-1)?.type === "Normalize" ? [] : [buildNormalize({}, teacher.model)]),
    projectionModule(projection),
  ];
  await saveModel(all, { inputFiles, config: withPrompt(config, teacher) }, folder, options);
}

const projecting = "saving the projected teacher";

/**
 * Checks that the teacher can be saved with a projection, before any work.
 *
 * @throws HpdError `invalid_argument` for several teachers, or one that is truncated: modules can't say either;
 *   `unsupported` for one with a Router; as `SentenceTransformer.load` does where it can't be opened
 */
export async function requireProjectable(
  teachers: readonly TeacherOptions[],
): Promise<{ teacher: TeacherOptions; source: ModelSource }> {
  const [teacher, another] = teachers;
  if (teacher === undefined || another !== undefined) {
    throw new HpdError("invalid_argument", `one teacher can be saved with its projection, not ${teachers.length}`);
  }
  if (teacher.truncateDim !== undefined) throw truncated(teacher.model);
  const source = await openModel(teacher.model, defined(teacher));
  const { truncate_dim: own = null } = await readModelConfig(source);
  if (own !== null) throw truncated(teacher.model);
  await requireOneRoute(source, projecting);
  return { teacher, source };
}

function truncated(name: string): HpdError {
  return new HpdError("invalid_argument", `${name} is truncated (truncate_dim): it can't be saved with its projection`);
}

function projectionModule({ components, dimension, teacherDimension }: Projection): Module {
  const weight = { dtype: "float32", shape: [dimension, teacherDimension], data: components } as const;
  const config = denseConfig(teacherDimension, dimension, "projection");
  return buildDense(
    config,
    "the projection",
    new Parameters("the projection", "", new Map([["linear.weight", weight]])),
  );
}

/** The teacher's config with the prompt of the run as the model's default. */
function withPrompt(config: JsonObject, { model, prompt, promptName }: TeacherOptions): JsonObject {
  const prompts = parsePrompts(config, model);
  const text = resolvePrompt(prompts, prompt, promptName);
  if (text === "") return { ...config, default_prompt_name: null };
  const name = Object.keys(prompts.texts).find((known) => prompts.texts[known] === text) ?? "teacher";
  return { ...config, prompts: { ...prompts.texts, [name]: text }, default_prompt_name: name };
}
