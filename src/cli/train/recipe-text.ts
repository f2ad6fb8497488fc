/** The settings of a run of `hpd train` as a recipe, for the model card. */
import { basename, resolve } from "node:path";
import { stringify } from "yaml";
import { modelName } from "../../files/model-name.ts";
import { withoutFolders } from "../tasks.ts";
import { settings, type Values } from "./settings.ts";

/** Settings that don't change the result, and those that a recipe can't hold. */
const ofRun: readonly string[] = [
  ...["work-dir", "checkpoint-minutes", "threads", "task-data", "offline"],
  ...Object.entries(settings).flatMap(([name, setting]) => ("flagOnly" in setting ? name : [])),
];

/** The recipe in YAML. Of paths on this machine it has only the last part. */
export function recipeText(values: Values): string {
  return stringify(withNames(values));
}

function withNames(values: object): Record<string, unknown> {
  const entries = Object.entries(values).filter(([name, value]) => value !== undefined && !ofRun.includes(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, nameIn(name, value)]));
}

function nameIn(setting: string, value: unknown): unknown {
  switch (setting) {
    case "out":
      return basename(resolve(String(value)));
    case "evaluator":
    case "tasks":
      return withoutFolders(String(value));
    case "model":
    case "guide":
      return modelName(String(value));
    case "data":
    case "valid":
      return [value].flat().map((path) => basename(String(path)));
    case "datasets":
    case "losses":
      return (value as readonly object[]).map(withNames);
    default:
      return value;
  }
}
