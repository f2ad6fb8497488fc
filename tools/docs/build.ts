/**
 * The documentation as a static site in `site/`: the guide and all other Markdown of the repository, the examples and recipes
 * as pages, and the API out of the docstrings. Nothing of it is committed or published.
 */
import { rm } from "node:fs/promises";
import { build } from "vitepress";
import { writeApi } from "./api.ts";
import { writePages } from "./pages.ts";

const pages = new URL("pages/", import.meta.url);
await rm(pages, { recursive: true, force: true });
await writeApi(new URL("api/", pages));
await writePages(pages);
await build(new URL(".", import.meta.url).pathname);
