/**
 * The models that a student derives from, and their licences as their cards state them: the student's own follows from
 * these. What a card doesn't state is not known here, and never guessed.
 */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { readModelCard } from "#hub";
import { defined, type Optional } from "../../common/optional.ts";
import { loadYaml } from "../../files/load-yaml.ts";
import type { ModelSourceOptions } from "../../hub/model-source.ts";

export interface Origin {
  readonly role: "teacher" | "student" | "tokenizer" | "base";
  /** A folder, or an id on the hub. */
  readonly model: string;
  readonly isOnHub: boolean;
  /** Such as `apache-2.0`; undefined where its card doesn't state one. */
  readonly license: string | undefined;
}

/**
 * @param model a folder, or an id on the hub, reached with these options
 * @throws the signal's reason
 */
export async function readOrigin(
  role: Origin["role"],
  model: string,
  options: Optional<ModelSourceOptions>,
  signal?: AbortSignal,
): Promise<Origin> {
  return {
    role,
    model,
    isOnHub: (await stat(model).catch(() => undefined)) === undefined,
    license: statedLicense(await readModelCard(model, defined({ ...options, signal }))),
  };
}

/** The licence in the YAML at the start of a card; undefined if it states none. */
export function statedLicense(card: string | undefined): string | undefined {
  const frontMatter = /^---[^\S\n]*\n(.*?)\n---[^\S\n]*(?:\n|$)/s.exec(card?.replaceAll("\r\n", "\n") ?? "")?.[1];
  if (frontMatter === undefined) return undefined;
  try {
    const { license } = loadYaml().parse(frontMatter) as { license?: unknown };
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

/** An id of the hub whole, of a folder its name. */
export function nameOf(model: string, origins: readonly Origin[]): string {
  return origins.some((origin) => origin.model === model && origin.isOnHub) ? model : basename(resolve(model));
}
