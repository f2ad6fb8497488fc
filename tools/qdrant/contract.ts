/**
 * Records what of Qdrant's OpenAPI document an export is held to (`test/passage-index/export`): the requests that it
 * makes, and the schemas that these refer to.
 *
 *     node tools/qdrant/contract.ts openapi.json 1.19.0 > test/passage-index/export/qdrant-contract.json
 *
 * The document is docs/redoc/master/openapi.json of the repository qdrant/qdrant.
 */
import { readFileSync } from "node:fs";

const [path, version] = process.argv.slice(2) as [string, string];

interface Operation {
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: unknown } } };
  readonly responses: {
    readonly 200?: { readonly content: { readonly "application/json": { readonly schema: unknown } } };
  };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const { paths, components } = JSON.parse(readFileSync(path, "utf8")) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};

const wanted = [
  ["GET", "/collections/{collection_name}"],
  ["PUT", "/collections/{collection_name}"],
  ["PUT", "/collections/{collection_name}/points"],
] as const;

const schemas: Record<string, unknown> = {};

function keep(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const name = key === "$ref" ? String(child).split("/").at(-1)! : undefined;
    if (name === undefined) keep(child);
    else if (!Object.hasOwn(schemas, name)) {
      schemas[name] = withoutProse(components.schemas[name]);
      keep(schemas[name]);
    }
  }
}

/** Descriptions and examples are half of the text. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (typeof value !== "object" || value === null) return value;
  const isProse = (key: string, child: unknown) =>
    (key === "description" && typeof child === "string") || key === "example" || key === "examples";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, child]) => !isProse(key, child))
      .map(([key, child]) => [key, withoutProse(child)]),
  );
}

const operations = wanted.map(([method, route]) => {
  const { requestBody, responses, parameters = [] } = paths[route]![method.toLowerCase()]!;
  const operation = {
    method,
    route,
    query: parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name),
    request: withoutProse(requestBody?.content["application/json"].schema),
    response: withoutProse(responses[200]?.content["application/json"].schema),
  };
  keep(operation);
  return operation;
});

console.log(
  JSON.stringify({ source: `qdrant/qdrant ${version}, docs/redoc/master/openapi.json`, operations, schemas }),
);
