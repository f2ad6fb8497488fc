/** The program that repeats a fine-tuning: its options as a call of `train`, losses as the calls that make them. */
import { isObject } from "../common/json.ts";

/**
 * @param madeBy the function of `hpd/train`
 * @param options as JSON holds them, with losses as their recipes
 * @param evaluator what the evaluator measures, where there is one
 */
export function programOf(
  madeBy: "train" | "trainCrossEncoder",
  options: Readonly<Record<string, unknown>>,
  evaluator: string | undefined,
): string {
  const prefix = madeBy === "train" ? "" : "crossEncoderLosses.";
  const used = new Set([madeBy, ...(prefix === "" ? [] : ["crossEncoderLosses"])]);
  const lossOf = (recipe: object): string =>
    Object.entries(recipe)
      .map(([name, given]) => {
        if (prefix === "") used.add(name);
        const { loss, losses, ...others } = given as Readonly<Record<string, unknown>>;
        const inner = isObject(loss) ? [lossOf(loss)] : [];
        const several = Array.isArray(losses) ? [`[${losses.map(lossOf).join(", ")}]`] : [];
        // Stands for Infinity, which JSON doesn't have.
        const own = others.numNegatives === "all" ? { ...others, numNegatives: Number.POSITIVE_INFINITY } : others;
        const settings = Object.values(own).some((value) => value !== undefined) ? [literal(own)] : [];
        return `${prefix}${name}(${[...inner, ...several, ...settings].join(", ")})`;
      })
      .join(", ");
  const datasetOf = ({ loss, ...others }: Readonly<Record<string, unknown>>) =>
    `{ ${[`loss: ${lossOf(loss as object)}`, ...propertiesOf(others)].join(", ")} }`;
  const { loss, datasets, ...others } = options;
  const lines = [
    ...(isObject(loss) ? [`loss: ${lossOf(loss)}`] : []),
    ...(Array.isArray(datasets) ? [`datasets: [\n    ${datasets.map(datasetOf).join(",\n    ")},\n  ]`] : []),
    ...propertiesOf(others),
    ...(evaluator === undefined ? [] : [`evaluator, // one that measures ${JSON.stringify(evaluator)}`]),
  ].map((line) => (line.includes("//") ? `  ${line}` : `  ${line},`));
  return `import { ${[...used].sort().join(", ")} } from "hpd/train";

await ${madeBy}({
${lines.join("\n")}
});`;
}

function propertiesOf(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${literal(value)}`],
  );
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (isObject(value)) return `{ ${propertiesOf(value).join(", ")} }`;
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
