import { readdirSync, readFileSync } from "node:fs";
import { type DefaultTheme, defineConfig } from "vitepress";

const pages = new URL("../pages/", import.meta.url);
const apiSidebar = new URL("api/typedoc-sidebar.json", pages);

/** Pages of a folder by their first headings. */
function pagesOf(folder: string): DefaultTheme.SidebarItem[] {
  return readdirSync(new URL(folder, pages))
    .filter((name) => name.endsWith(".md") && name !== "index.md")
    .map((name) => ({ text: titleOf(`${folder}${name}`), link: `/${folder}${name.replace(/\.md$/, "")}` }));
}

function titleOf(page: string): string {
  return /^# (.*)$/m.exec(readFileSync(new URL(page, pages), "utf8"))![1]!;
}

/** TypeDoc puts `hpd/search` into a folder `hpd` beside the module of that name: here all modules stand side by side. */
function apiItems(): DefaultTheme.SidebarItem[] {
  const [folder, module] = JSON.parse(readFileSync(apiSidebar, "utf8")) as DefaultTheme.SidebarItem[];
  const others = folder!.items!.map((item) => ({ ...item, text: `${folder!.text}/${item.text}` }));
  return [{ text: "API", link: "/api/" }, { ...module!, collapsed: true }, ...others];
}

const named = (page: string): DefaultTheme.SidebarItem => ({ text: titleOf(`${page}.md`), link: `/${page}` });

const guide = ["start", "choose-a-model", "encode", "shards", "search", "sparse", "rag-over-markdown", "living-index"]
  .concat(["cluster-and-map", "evaluate", "distill", "fine-tune", "serve", "queue", "frameworks", "recipes", "scale"])
  .concat(["browser", "deploy"])
  .map((page) => named(`guide/${page}`));

export default defineConfig({
  srcDir: "pages",
  outDir: "../../site",
  title: "hpd",
  description: "Sentence embeddings in TypeScript",
  head: [["link", { rel: "icon", href: "data:," }]],
  // The search is one file, and its size is known.
  vite: { build: { chunkSizeWarningLimit: 10_000 } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/guide/start", activeMatch: "^/guide/" },
      { text: "Examples", link: "/examples/", activeMatch: "^/examples/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
      { text: "Benchmarks", link: "/benchmarks" },
    ],
    sidebar: {
      "/api/": apiItems(),
      "/": [
        { text: "Guide", items: guide },
        { text: "Examples", link: "/examples/", collapsed: true, items: pagesOf("examples/") },
        { text: "Worked examples", items: ["few-examples", "fine-tune-search", "simcse-nli"].map(named) },
        {
          text: "Reference",
          items: [
            { text: "API", link: "/api/" },
            ...["models", "default-model-card", "default-model", "benchmarks", "other-libraries", "changelog"].map(
              named,
            ),
            { text: "Speed of encoding", collapsed: true, items: pagesOf("benchmarks/") },
            { text: "Recipes", collapsed: true, items: pagesOf("recipes/") },
          ],
        },
        { text: "The project", items: [named("contributing"), { text: "Decisions", link: "/decisions/" }] },
      ],
    },
  },
});
