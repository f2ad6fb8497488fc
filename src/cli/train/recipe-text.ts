/** What was said to `hpd train`, as a recipe that others can take: for the card of the model. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { stringify } from "yaml";
import type { Values } from "./settings.ts";

/** Settings that say where and how a run works, not what comes out. */
const ofRun = ["work-dir", "checkpoint-minutes", "threads", "task-data", "offline"];

/** YAML, with files and folders by their names alone: where they lie on this machine is nobody's business. */
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
      return basename(String(value));
    case "model":
    case "guide":
      return existsSync(String(value)) ? basename(String(value)) : value;
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
