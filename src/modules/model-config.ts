/** A model's config_sentence_transformers.json. Source: sentence-transformers 6.2, `BaseModel`. */
import { firstFew } from "../common/first-few.ts";
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { checkKeys, type KeyTable } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { modelConfigKeys } from "./keys/model-keys.ts";
import { readJsonObject } from "./read-json.ts";
import { satisfies } from "./version-specifier.ts";

export const modelConfigName = "config_sentence_transformers.json";

/** The versions whose embeddings are reproduced here. */
const reproduced: ReadonlyMap<string, string> = new Map([
  ["sentence-transformers", "6.2.0"],
  ["transformers", "5.23.0"],
]);

/** Maximum number of requirements that a warning names. */
const maxShown = 8;

/**
 * The content of the file; an empty object if there is none.
 *
 * @param onWarning called with requirements that can't be verified
 * @throws HpdError `unsupported` for a model of another kind, or one that needs another version than the one reproduced
 */
export async function readModelConfig(
  source: ModelSource,
  onWarning: (message: string) => void,
  keys: KeyTable = modelConfigKeys,
): Promise<JsonObject> {
  if (!source.files.includes(modelConfigName)) return {};
  const file = `${source.name}/${modelConfigName}`;
  const config = await readJsonObject(source, modelConfigName);
  checkKeys(config, keys, file);
  checkRequirements(config.requirements ?? {}, file, onWarning);
  return config;
}

/** Refuses other versions of the two reproduced packages; requirements of other packages can't be checked here. */
function checkRequirements(requirements: unknown, file: string, onWarning: (message: string) => void): void {
  if (!isObject(requirements)) {
    onWarning(`${file}: requirements should be an object, got ${describe(requirements)}: not verified`);
    return;
  }
  const unverified: string[] = [];
  for (const [name, requirement] of Object.entries(requirements)) {
    const { specifier = "", reason } = isObject(requirement) ? requirement : { specifier: requirement };
    const version = reproduced.get(name.toLowerCase().replace(/[-_.]+/g, "-"));
    const isMet = version === undefined ? undefined : satisfies(version, specifier);
    const wanted = `${describe(name)} ${describe(specifier)}`;
    if (isMet === undefined) unverified.push(wanted);
    if (isMet !== false) continue;
    const why = typeof reason === "string" ? ` (${describe(reason)})` : "";
    throw new HpdError(
      "unsupported",
      `${file}: the model requires ${wanted}${why}, but hpd reproduces ${name} ${version}`,
    );
  }
  if (unverified.length === 0) return;
  onWarning(`${file}: requirements that can't be verified here: ${firstFew(unverified, maxShown)}`);
}
