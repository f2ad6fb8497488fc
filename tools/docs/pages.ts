/** The repository's Markdown as pages of the site, with links that lead from page to page. */
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, normalize, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Above the README, which is the rest of the first page. */
const hero = `---
layout: home
hero:
  name: hpd
  text: Sentence embeddings in TypeScript
  tagline: The vectors of sentence-transformers, in your own process. Small, fast and exact.
  actions:
    - { theme: brand, text: Get started, link: /guide/start }
    - { theme: alt, text: API, link: /api/ }
    - { theme: alt, text: Examples, link: /examples/ }
---

`;

/** The language of a page of code, by the ending of its file. */
const languages: Readonly<Record<string, string>> = { ".ts": "ts", ".yaml": "yaml", ".sbatch": "sh" };

/** Writes all pages but those of the API below a folder. */
export async function writePages(folder: URL): Promise<void> {
  const pages = await siteOf();
  for (const [path, page] of pages) {
    const text = path.endsWith("/") ? await listOf(path) : await readFile(join(root, path), "utf8");
    const file = join(fileURLToPath(folder), page);
    await mkdir(dirname(file), { recursive: true });
    if (path === "README.md") await writeFile(file, hero + linked(text.replace(/^# .*\n/, ""), path, pages));
    else
      await writeFile(
        file,
        path.endsWith(".md") || path.endsWith("/") ? linked(text, path, pages) : codePage(path, text),
      );
  }
  for (const picture of await files("docs", ".svg")) {
    await copyFile(join(root, picture), join(fileURLToPath(folder), picture.slice("docs/".length)));
  }
}

async function files(folder: string, ending: string): Promise<string[]> {
  const paths = await readdir(join(root, folder), { recursive: true });
  return paths
    .filter((path) => path.endsWith(ending))
    .sort()
    .map((path) => `${folder}/${path}`);
}

/** The programs and settings of a folder, each with its page. */
async function codes(folder: string): Promise<(readonly [string, string])[]> {
  const paths = await Promise.all(Object.keys(languages).map((ending) => files(folder, ending)));
  return paths.flat().map((path) => [path, path.replace(/\.\w+$/, ".md")] as const);
}

/** Which file or folder of the repository becomes which page. */
async function siteOf(): Promise<Map<string, string>> {
  const docs = await files("docs", ".md");
  return new Map([
    ["README.md", "index.md"],
    ["CHANGELOG.md", "changelog.md"],
    ["CONTRIBUTING.md", "contributing.md"],
    ["tools/bench/README.md", "other-libraries.md"],
    ["models/HPD-MiniLM-L3-F256/README.md", "default-model-card.md"],
    ["docs/decisions/", "decisions/index.md"],
    ...docs.map((path) => [path, path.slice("docs/".length)] as const),
    ...(await files("examples", ".md")).map((path) => [path, path.replace(/README\.md$/, "index.md")] as const),
    ...(await codes("examples")),
    ...(await codes("recipes")),
  ]);
}

/** @throws Error where a link leads to no page: the site has nothing to show there */
function linked(text: string, path: string, pages: ReadonlyMap<string, string>): string {
  const outside = text.split(/(^```[\s\S]*?^```)/m);
  return outside
    .map((part) =>
      part.startsWith("```")
        ? part
        : part.replaceAll(/\]\(([^)\s]+)\)/g, (link, target: string) => {
            if (/^[a-z]+:|^#|\.svg$/.test(target)) return link;
            const [file, anchor] = target.split("#");
            const repository = normalize(join(path.endsWith("/") ? path : dirname(path), file!));
            const page = pages.get(repository) ?? pages.get(`${repository}/`);
            if (page === undefined) throw new Error(`${path}: ${target} has no page`);
            return `](/${page}${anchor === undefined ? "" : `#${anchor}`})`;
          }),
    )
    .join("");
}

function codePage(path: string, code: string): string {
  return `# ${basename(path)}\n\n\`\`\`${languages[posix.extname(path)]}\n${code}\`\`\`\n`;
}

/** The pages of a folder, the newest first. */
async function listOf(folder: string): Promise<string> {
  const names = (await readdir(join(root, folder))).sort().reverse();
  const lines = names.map(async (name) => {
    const [heading] = (await readFile(join(root, folder, name), "utf8")).split("\n");
    return `- ${name.slice(0, 10)} [${heading!.slice(2)}](${name})`;
  });
  return `# Decisions\n\nWhat was decided, and what was refused.\n\n${(await Promise.all(lines)).join("\n")}\n`;
}
