import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { readOrigins } from "../../../src/distillation/card.ts";
import { nameOf, statedLicense } from "../../../src/publishing/card/origins.ts";

test.each<[string | undefined, string | undefined]>([
  ["---\nlanguage: en\nlicense: apache-2.0\n---\n# Model", "apache-2.0"],
  ["---\r\nlicense: mit\r\n---\r\n", "mit"],
  ['---\nlicense: "cc-by-nc-4.0" # not for sale\ntags:\n- a\n---', "cc-by-nc-4.0"],
  ["---\ntags: [a]\n---\nlicense: mit", undefined],
  ["# Model\n---\nlicense: mit\n---", undefined],
  ["---\nlicense: [mit, apache-2.0]\n---", undefined],
  ["---\nlicense: {\n---", undefined],
  ["---\n- license\n---", undefined],
  ["---\n\n---", undefined],
  ["", undefined],
  [undefined, undefined],
])("the licence of %j is %s", (card, license) => {
  expect(statedLicense(card)).toBe(license);
});

test("a folder has its name in a card, an id of the hub stands whole", () => {
  const origin = { role: "base", isOnHub: true, license: undefined } as const;
  const origins = [{ ...origin, model: "sentence-transformers/all-MiniLM-L6-v2" }];
  expect(nameOf("sentence-transformers/all-MiniLM-L6-v2", origins)).toBe("sentence-transformers/all-MiniLM-L6-v2");
  expect(nameOf("models/tuned/", origins)).toBe("tuned");
  expect(nameOf(".", origins)).toBe(basename(process.cwd()));
});

test("a student's origins are its teachers, and what it starts as", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hpd-origins-"));
  try {
    const licensed = join(folder, "licensed");
    await mkdir(licensed);
    await writeFile(join(licensed, "README.md"), "---\nlicense: mit\n---\n");
    const teachers = [{ model: licensed }, { model: "org/teacher", localFilesOnly: true, cacheFolder: folder }];
    const origins = await readOrigins({ teachers, student: { model: folder } });
    expect(origins).toEqual([
      { role: "teacher", model: licensed, isOnHub: false, license: "mit" },
      { role: "teacher", model: "org/teacher", isOnHub: true, license: undefined },
      { role: "student", model: folder, isOnHub: false, license: undefined },
    ]);
    const config = { model: join(folder, "config.json"), tokenizer: licensed };
    expect((await readOrigins({ teachers: [], student: config })).map(({ role, model }) => [role, model])).toEqual([
      ["tokenizer", licensed],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
