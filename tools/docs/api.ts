/** The API reference as Markdown: TypeDoc over the public entries of package.json, each a module of its name. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Application, Comment } from "typedoc";

const root = new URL("../../", import.meta.url);

export async function writeApi(folder: URL): Promise<void> {
  const entries = await publicEntries();
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
    entryPoints: [...entries.keys()],
    readme: "none",
    name: "API",
    excludePrivate: true,
    excludeInternal: true,
    disableSources: true,
    sort: ["source-order"],
    // What functions take and give back is described where it stands, exported or not.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    ...({
      out: fileURLToPath(folder),
      docsRoot: fileURLToPath(new URL("..", folder)),
      entryFileName: "index.md",
      hideBreadcrumbs: true,
      hidePageHeader: true,
      parametersFormat: "table",
      interfacePropertiesFormat: "table",
      typeDeclarationFormat: "table",
      tableColumnSettings: { hideModifiers: true, hideInherited: true, hideOverrides: true, hideSources: true },
    } as object),
  });
  app.options.setValue("outputs" as never, [{ name: "markdown", path: fileURLToPath(folder) }] as never);
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error("TypeDoc found errors: see above");
  for (const module of project.children!) {
    // TypeDoc calls a module by its path below src/.
    const [file, name] = [...entries].find(([file]) => nameOf(file) === module.name)!;
    module.name = name;
    const [, comment] = /^(?:\/\/\/.*\n)*\/\*\*\s*([\s\S]*?)\s*\*\//.exec(await readFile(file, "utf8")) ?? [];
    const text = (comment ?? "").replaceAll(/\n \* ?/g, " ");
    module.comment = new Comment([{ kind: "text", text }]);
  }
  await app.generateOutputs(project);
}

function nameOf(file: string): string {
  return file.replace(fileURLToPath(new URL("src/", root)), "").replace(/(\/index)?\.ts$/, "");
}

/** The source of each entry, and the name that it is imported by. */
async function publicEntries(): Promise<Map<string, string>> {
  const { name, exports } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
  const typed = Object.entries<{ types?: string }>(exports).filter(([, { types }]) => types !== undefined);
  return new Map(
    typed.map(([entry, { types }]) => [
      fileURLToPath(new URL(types!.replace(/^\.\/dist\/(.*)\.d\.ts$/, "src/$1.ts"), root)),
      name + entry.slice(1),
    ]),
  );
}
