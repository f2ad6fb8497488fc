/**
 * A Router chooses the modules of a text by its task: query or document. Source: sentence-transformers 6.2, `Router`,
 * of which `Asym` is the old name. Only texts are supported, so that a rule for another modality never matches.
 */
import { describe, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { printable } from "../common/printable.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { routerKeys, routerParameterKeys } from "./keys/module-keys.ts";
import { boolean, object, pathIn, readJsonObject } from "./read-json.ts";

export interface Router {
  readonly type: "Router";
  /** Paths of classes by the modules' ids, which name their folders. */
  readonly types: ReadonlyMap<string, string>;
  /** The ids of each route's modules, in order. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
  readonly defaultRoute: string | undefined;
  /** The config as Python prints it. */
  readonly config: JsonObject;
  /** The route of a task. @throws HpdError `invalid_argument` where there is none, naming those that there are */
  route(task: string | undefined): string;
}

/**
 * Reads a Router.
 *
 * @param first the type of the model's first module: a Router that is first, or behind a Transformer, knows that its input
 *   is text
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_model`, `unsupported` naming the file and the key
 */
export async function readRouter(source: ModelSource, folder: string, first: string): Promise<Router> {
  const names = ["router_config.json", "config.json"].map((name) => pathIn(folder, name));
  const name = names.find((candidate) => source.files.includes(candidate));
  const file = `${source.name}/${name ?? names[0]}`;
  if (name === undefined) throw new HpdError("not_found", `${source.name}: a Router needs ${names.join(" or ")}`);
  return parseRouter(await readJsonObject(source, name), file, first);
}

function parseRouter(json: JsonObject, file: string, first: string): Router {
  checkKeys(json, routerKeys, file);
  const types = parseTypes(json, file);
  const routes = parseStructure(json, types, first === "Router", file);
  const parameters = object(json, "parameters", file);
  checkKeys(parameters, routerParameterKeys, `${file}: parameters`);
  const stated = parameters.default_route ?? undefined;
  const [firstRoute] = routes.keys();
  const otherwise = boolean(parameters, "allow_empty_key", file, true) ? firstRoute : undefined;
  const defaultRoute = stated === undefined ? otherwise : knownRoute(stated, routes, `${file}: default_route`);
  const mappings = object(parameters, "route_mappings", file);
  const rules = Object.entries(mappings).map(([key, route]) => ({
    ...parseRule(key, file),
    route: knownRoute(route, routes, `${file}: route_mappings ${describe(key)}`),
  }));
  const modality = first === "Router" || first === "Transformer" ? "text" : null;
  const routing: Routing = { routes, rules, defaultRoute, modality };
  return {
    type: "Router",
    types,
    routes,
    defaultRoute,
    config: { routes: Object.fromEntries(routes), default_route: defaultRoute ?? null, route_mappings: mappings },
    route: (task) => chooseRoute(routing, task),
  };
}

function parseTypes(json: JsonObject, file: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(object(json, "types", file)).map(([id, type]) => {
      // "" is the Router's own folder: models of OpenSearch have the transformer of documents there.
      const isFolder = id === "" || !id.split("/").some((part) => ["", ".", ".."].includes(part));
      if (typeof type === "string" && isFolder) return [id, type];
      throw new HpdError(
        "invalid_model",
        `${file}: types should name folders and classes, got ${describe({ [id]: type })}`,
      );
    }),
  );
}

/** @param isFirst whether each route needs a module, since the Router takes the text itself */
function parseStructure(
  json: JsonObject,
  types: ReadonlyMap<string, string>,
  isFirst: boolean,
  file: string,
): ReadonlyMap<string, readonly string[]> {
  const routes = new Map(
    Object.entries(object(json, "structure", file)).map(([route, ids]) => {
      const isKnown = Array.isArray(ids) && ids.every((id) => typeof id === "string" && types.has(id));
      if (isKnown && (ids.length > 0 || !isFirst)) return [route, ids as string[]];
      throw new HpdError(
        "invalid_model",
        `${file}: structure: the route ${describe(route)} should list ids of types, got ${describe(ids)}`,
      );
    }),
  );
  if (routes.size === 0) throw new HpdError("invalid_model", `${file}: structure should have at least one route`);
  return routes;
}

/** @param where the file and the key, for the message */
function knownRoute(route: unknown, routes: ReadonlyMap<string, unknown>, where: string): string {
  if (typeof route === "string" && routes.has(route)) return route;
  throw new HpdError(
    "invalid_model",
    `${where} should be one of the routes ${namesOf(routes)}, got ${describe(route)}`,
  );
}

interface Routing {
  readonly routes: ReadonlyMap<string, unknown>;
  readonly rules: readonly (Rule & { readonly route: string })[];
  readonly defaultRoute: string | undefined;
  /** The modality of the input; null if the Router doesn't know it. */
  readonly modality: "text" | null;
}

/** Source: `Router._resolve_route`. */
function chooseRoute({ routes, rules, defaultRoute, modality }: Routing, task: string | undefined): string {
  const wanted: [string | null, string | null][] = [
    [task ?? null, modality],
    [task ?? null, null],
    [null, modality],
    [null, null],
  ];
  for (const [ruleTask, ruleModality] of wanted) {
    // A later rule of the same key replaces an earlier one, as in a dict.
    const rule = rules.findLast((other) => other.task === ruleTask && other.modality === ruleModality);
    if (rule !== undefined) return rule.route;
  }
  if (task && routes.has(task)) return task;
  if (modality !== null && routes.has(modality)) return modality;
  if (task !== undefined || defaultRoute === undefined) throw noRoute(task, routes, rules);
  return defaultRoute;
}

interface Rule {
  readonly task: string | null;
  /** The modality; `\0` for a tuple of several, which no text has. */
  readonly modality: string | null;
}

/** @param key a Python tuple as text: `('query', None)`, `(None, ('image', 'text'))` */
function parseRule(key: string, file: string): Rule {
  const word = String.raw`None|'[^'\\]*'|"[^"\\]*"`;
  const match = new RegExp(String.raw`^\s*\(\s*(${word})\s*,\s*(?:(${word})|\([^()]*\))\s*,?\s*\)\s*$`).exec(key);
  if (match === null) {
    throw new HpdError(
      "unsupported",
      `${file}: route_mappings: the key ${describe(key)} should be a tuple of task and modality such as ('query', None)`,
    );
  }
  const value = (text: string): string | null => (text === "None" ? null : text.slice(1, -1));
  return { task: value(match[1]!), modality: match[2] === undefined ? "\0" : value(match[2]) };
}

function namesOf(routes: ReadonlyMap<string, unknown>): string {
  return printable([...routes.keys()].join(", "));
}

function noRoute(task: string | undefined, routes: ReadonlyMap<string, unknown>, rules: readonly Rule[]): HpdError {
  const tasks = new Set([...routes.keys(), ...rules.flatMap(({ task }) => task ?? [])]);
  const names = printable([...tasks].join(", "));
  return new HpdError(
    "invalid_argument",
    task === undefined
      ? `the model has no default route: set \`task\` to one of ${names}`
      : `the model has no route for the task ${describe(task)}; it has ${names}`,
  );
}
