/**
 * The models that a student derives from, and their licences as their cards state them: the student's own follows from
 * these. What a card doesn't state is not known here, and never guessed.
 */
import { stat } from "node:fs/promises";
import { parse } from "yaml";
import { readModelCard } from "#hub";
import type { ModelSourceOptions } from "../../hub/model-source.ts";
import type { Recipe } from "../distill/options.ts";
import { defined, type Optional } from "../optional.ts";

export interface Origin {
  readonly role: "teacher" | "student" | "tokenizer";
  /** A folder, or an id on the hub. */
  readonly model: string;
  readonly isOnHub: boolean;
  /** Such as `apache-2.0`; undefined where its card doesn't state one. */
  readonly license: string | undefined;
}

/** @throws the signal's reason */
export async function readOrigins(
  { teachers, student }: Pick<Recipe, "teachers" | "student">,
  signal?: AbortSignal,
): Promise<Origin[]> {
  const read = async (role: Origin["role"], model: string, options: Optional<ModelSourceOptions>): Promise<Origin> => ({
    role,
    model,
    isOnHub: (await stat(model).catch(() => undefined)) === undefined,
    license: statedLicense(await readModelCard(model, defined({ ...options, signal }))),
  });
  return await Promise.all([
    ...teachers.map((teacher) => read("teacher", teacher.model, teacher)),
    student.tokenizer === undefined
      ? read("student", student.model, student)
      : read("tokenizer", student.tokenizer, student),
  ]);
}

/** What the YAML at the start of a card says. */
export function statedLicense(card: string | undefined): string | undefined {
  const frontMatter = /^---[^\S\n]*\n(.*?)\n---[^\S\n]*(?:\n|$)/s.exec(card?.replaceAll("\r\n", "\n") ?? "")?.[1];
  if (frontMatter === undefined) return undefined;
  try {
    const { license } = parse(frontMatter) as { license?: unknown };
    return typeof license === "string" && license !== "" ? license : undefined;
  } catch {
    return undefined;
  }
}

/** The licence that all of them have; `other` where they differ; undefined where one doesn't state any. */
export function derivedLicense(origins: readonly Origin[]): string | undefined {
  const licenses = new Set(origins.map(({ license }) => license));
  if (licenses.size === 0 || licenses.has(undefined)) return undefined;
  return licenses.size === 1 ? [...licenses][0] : "other";
}
