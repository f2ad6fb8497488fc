import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

/** A model's name for others to read: of a folder the last part of its path, which is private; an id of the hub whole. */
export function modelName(model: string): string {
  return existsSync(model) ? basename(resolve(model)) : model;
}
