import { writeFolder } from "../files/write-folder.ts";
import type { Module } from "../modules/module.ts";
import { type ModelFiles, savedFiles } from "../modules/save-modules.ts";
import { foldStatic } from "../training/student/fold-static.ts";
import type { Student } from "../training/student/student.ts";

export interface SaveOptions {
  /** Element type of the weights. Default `fp32`. */
  readonly weightsDtype?: "fp32" | "fp16" | undefined;
  /** Replaces a model that is there. Default: a folder that isn't empty is refused. */
  readonly overwrite?: boolean | undefined;
  /** The text of README.md. */
  readonly modelCard?: string | undefined;
  /** Files beside the model, by name. */
  readonly others?: Readonly<Record<string, Uint8Array>> | undefined;
}

/**
 * The folder is there when all of it is.
 *
 * @throws HpdError `invalid_argument` where it can't be written or isn't empty, or for a weight that can't be saved
 */
export async function saveStudent(student: Student, folder: string, options: SaveOptions = {}): Promise<void> {
  await saveModel(foldStatic(student.modules), student.files, folder, options);
}

/**
 * Any modules as a folder, which is there when all of it is.
 *
 * @throws HpdError as `saveStudent` does
 */
export async function saveModel(
  modules: readonly Module[],
  files: ModelFiles,
  folder: string,
  { weightsDtype, overwrite = false, modelCard, others = {} }: SaveOptions,
): Promise<void> {
  function* contents() {
    if (modelCard !== undefined) yield ["README.md", new TextEncoder().encode(modelCard)] as const;
    yield* Object.entries(others);
    yield* savedFiles(modules, files, weightsDtype === "fp16" ? "float16" : "float32");
  }
  await writeFolder(folder, contents(), overwrite);
}
