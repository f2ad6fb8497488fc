/** JSON files of a model, with errors that name the file and the key. */
import { describe, isObject, type JsonObject, parseJson, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { readText } from "../hub/read-file.ts";

/** The path of a file in a module's folder; the folder `""` is the model's root. */
export function pathIn(folder: string, file: string): string {
  return folder === "" ? file : `${folder}/${file}`;
}

/** @throws HpdError `corrupt_file` where the file is not JSON. */
export async function readJson(source: ModelSource, file: string): Promise<unknown> {
  return parseJson(await readText(source, file), `${source.name}/${file}`);
}

/** @throws HpdError `corrupt_file` where the file does not hold a JSON object. */
export async function readJsonObject(source: ModelSource, file: string): Promise<JsonObject> {
  return parseJsonObject(await readText(source, file), `${source.name}/${file}`);
}

/** A positive integer of a config. @throws HpdError `invalid_model` naming the file, the key and what came. */
export function positiveInteger(config: JsonObject, key: string, file: string): number {
  const value = config[key];
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be a positive integer, got ${describe(value)}`);
}

/** A positive integer of a config; undefined where there is none. @throws HpdError as `positiveInteger` */
export function optionalPositiveInteger(config: JsonObject, key: string, file: string): number | undefined {
  return (config[key] ?? undefined) === undefined ? undefined : positiveInteger(config, key, file);
}

/** A non-negative integer of a config. @throws HpdError `invalid_model` naming the file, the key and what came. */
export function nonNegativeInteger(config: JsonObject, key: string, file: string): number {
  const value = config[key];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new HpdError("invalid_model", `${file}: ${key} should be a non-negative integer, got ${describe(value)}`);
}

/** A non-negative number of a config. @throws HpdError `invalid_model` naming the file, the key and what came. */
export function nonNegativeNumber(config: JsonObject, key: string, file: string, otherwise?: number): number {
  const value = config[key] ?? otherwise;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be a non-negative number, got ${describe(value)}`);
}

/** A boolean of a config; null is false. @throws HpdError `invalid_model` naming the file, the key and what came. */
export function boolean(config: JsonObject, key: string, file: string, otherwise: boolean): boolean {
  const value = config[key] === undefined ? otherwise : (config[key] ?? false);
  if (typeof value === "boolean") return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be true or false, got ${describe(value)}`);
}

/** A string of a config. @throws HpdError `invalid_model` naming the file, the key and what came. */
export function string(config: JsonObject, key: string, file: string, otherwise?: string): string {
  const value = config[key] ?? otherwise;
  if (typeof value === "string") return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be a string, got ${describe(value)}`);
}

/** An object of a config; an empty one where there is none. @throws HpdError `invalid_model` as the others */
export function object(config: JsonObject, key: string, file: string): JsonObject {
  const value = config[key] ?? {};
  if (isObject(value)) return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be an object, got ${describe(value)}`);
}
