/** Frozen parameters: what `requires_grad = False` does in Python. */
import { HpdError } from "../../errors.ts";
import type { LayerPosition } from "./layer-positions.ts";

/**
 * @param entries each `embeddings`, a layer or a range of layers (`0-3`), or a name of weights, where `*` stands for
 *   any characters
 * @param prefix of the names of weights, which entries may leave out
 * @returns the names of the frozen parameters
 * @throws HpdError `invalid_argument` for an entry that matches nothing in this model
 */
export function frozenBy(
  entries: readonly string[],
  positions: ReadonlyMap<string, LayerPosition>,
  prefix = "",
): Set<string> {
  return new Set(entries.flatMap((entry) => namesOf(entry.trim(), positions, prefix)));
}

function namesOf(entry: string, positions: ReadonlyMap<string, LayerPosition>, prefix: string): string[] {
  const names = (wanted: (name: string, position: LayerPosition) => boolean) =>
    [...positions].filter(([name, position]) => wanted(name, position)).map(([name]) => name);
  const range = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(entry);
  if (range !== null) {
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    requireLayers(entry, first, last, positions);
    return names((_, position) => typeof position === "number" && position >= first && position <= last);
  }
  const pattern = new RegExp(`^${entry.split("*").map(escaped).join(".*")}$`);
  const isNamed = (name: string) =>
    pattern.test(name) || (name.startsWith(prefix) && pattern.test(name.slice(prefix.length)));
  const found = names((name, position) => (entry === "embeddings" ? position === entry : isNamed(name)));
  if (found.length > 0) return found;
  const some = [...positions.keys()].filter((_, index) => index % Math.ceil(positions.size / 4) === 0);
  throw new HpdError(
    "invalid_argument",
    `freeze: the model has no weight ${entry}: name \`embeddings\`, layers (\`0-3\`), or weights with \`*\` for any ` +
      `characters; weights are ${some.join(", ")}, ...`,
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function requireLayers(
  entry: string,
  first: number,
  last: number,
  positions: ReadonlyMap<string, LayerPosition>,
): void {
  const layers = [...positions.values()].filter((position) => typeof position === "number");
  if (layers.length === 0) {
    throw new HpdError(
      "invalid_argument",
      `freeze: the model has no layers with weights of their own, got ${entry}: name weights, with \`*\` for any characters`,
    );
  }
  const top = Math.max(...layers);
  if (first <= last && last <= top) return;
  throw new HpdError("invalid_argument", `freeze: the model has layers 0 to ${top}, got ${entry}`);
}
