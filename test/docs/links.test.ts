/** Links between the Markdown files of the repository: each leads to a file that is there, and to a heading in it. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { writePages } from "../../tools/docs/pages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && !path.startsWith("test/") && existsSync(join(root, path)));

const textOf = (path: string): string => readFileSync(join(root, path), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");

/** The anchors of headings, as far as GitHub and VitePress make the same of them. */
function anchorsOf(path: string): string[] {
  return [...textOf(path).matchAll(/^#+ (.+)$/gm)].flatMap(([, heading]) => {
    const ofGitHub = heading!
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(/\s/g, "-");
    const ofVitePress = heading!
      .toLowerCase()
      .replaceAll(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'<>,.?/]+/g, "-")
      .replaceAll(/^-+|-+$/g, "");
    return ofGitHub === ofVitePress ? [ofGitHub] : [];
  });
}

test("no link is dead, and none leads to a heading that isn't there", () => {
  const links = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ page, target: target! })),
  );
  const inside = links.filter(({ target }) => !/^[a-z]+:/.test(target));
  expect(inside.length).toBeGreaterThan(60);
  const dead = inside.filter(({ page, target }) => {
    const [path, anchor] = target.split("#");
    const file = path === "" ? page : normalize(join(dirname(page), path!));
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
  expect(dead).toEqual([]);
});

test("every page of the guide is reached from the README and is in the site's sidebar", () => {
  const readme = textOf("README.md");
  const guide = pages.filter((path) => path.startsWith("docs/guide/"));
  expect(guide.length).toBeGreaterThanOrEqual(12);
  expect(guide.filter((path) => !readme.includes(`(${path})`) && !readme.includes(`(${path}#`))).toEqual([]);
  const config = readFileSync(join(root, "tools/docs/.vitepress/config.ts"), "utf8");
  expect(guide.filter((path) => !config.includes(`"${path.slice("docs/guide/".length, -".md".length)}"`))).toEqual([]);
});

test("every link of the site leads to a page of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hpd-site-"));
  try {
    await writePages(pathToFileURL(`${folder}/`));
    expect(readFileSync(join(folder, "examples/slurm/encode.md"), "utf8")).toMatch(/^# encode\.sbatch\n\n```sh\n#!/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
