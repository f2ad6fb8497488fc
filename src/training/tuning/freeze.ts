/** Which parameters stay as they are: what `requires_grad = False` does in Python. */
import { HpdError } from "../../errors.ts";
import type { Place } from "./places.ts";

/**
 * @param entries each `embeddings`, the number of a layer or two of them (`0-3`), or names of weights, where `*` stands for
 *   any characters
 * @param prefix before names of weights, which needs not be said
 * @returns their names
 * @throws HpdError `invalid_argument` for one that means nothing in this model
 */
export function frozenBy(entries: readonly string[], places: ReadonlyMap<string, Place>, prefix = ""): Set<string> {
  return new Set(entries.flatMap((entry) => namesOf(entry.trim(), places, prefix)));
}

function namesOf(entry: string, places: ReadonlyMap<string, Place>, prefix: string): string[] {
  const names = (wanted: (name: string, place: Place) => boolean) =>
    [...places].filter(([name, place]) => wanted(name, place)).map(([name]) => name);
  const range = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(entry);
  if (range !== null) {
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    requireLayers(entry, first, last, places);
    return names((_, place) => typeof place === "number" && place >= first && place <= last);
  }
  const pattern = new RegExp(`^${entry.split("*").map(escaped).join(".*")}$`);
  const isNamed = (name: string) =>
    pattern.test(name) || (name.startsWith(prefix) && pattern.test(name.slice(prefix.length)));
  const found = names((name, place) => (entry === "embeddings" ? place === entry : isNamed(name)));
  if (found.length > 0) return found;
  const some = [...places.keys()].filter((_, index) => index % Math.ceil(places.size / 4) === 0);
  throw new HpdError(
    "invalid_argument",
    `freeze: the model has no weight ${entry}. Name \`embeddings\`, layers (\`0-3\`), or weights with \`*\` for any ` +
      `characters; weights are ${some.join(", ")}, ...`,
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function requireLayers(entry: string, first: number, last: number, places: ReadonlyMap<string, Place>): void {
  const layers = [...places.values()].filter((place) => typeof place === "number");
  if (layers.length === 0) {
    throw new HpdError(
      "invalid_argument",
      `freeze: the model has no layers with weights of their own, got ${entry}; name weights, with \`*\` for any characters`,
    );
  }
  const most = Math.max(...layers);
  if (first <= last && last <= most) return;
  throw new HpdError("invalid_argument", `freeze: the model has layers 0 to ${most}, got ${entry}`);
}
