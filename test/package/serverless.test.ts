/** The folder that examples/serverless makes for AWS Lambda, run where nothing is installed. Needs a build. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { fixture } from "../encode/model-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hpd-serverless-"));
afterAll(() => rmSync(folder, { recursive: true }));

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
}

test.runIf(process.platform === "linux")(
  "a handler in one module runs beside a model and ONNX Runtime",
  () => {
    const project = join(folder, "project");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    symlinkSync(root, join(project, "node_modules/hpd"));
    symlinkSync(join(root, "node_modules/esbuild"), join(project, "node_modules/esbuild"));
    for (const file of ["build.ts", "handler.ts"]) cpSync(join(root, "examples/serverless", file), join(project, file));
    const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
    const model = fixture("hpd-tinybert-like");
    node(...flags, join(project, "build.ts"), "built", model);
    renameSync(join(folder, "built"), join(folder, "task"));
    rmSync(project, { recursive: true });

    expect(readdirSync(join(folder, "task")).sort()).toEqual(["index.mjs", "model", "node_modules"]);
    const libraries = join(folder, "task/node_modules/onnxruntime-node/bin/napi-v6");
    expect(readdirSync(libraries)).toEqual(["linux"]);
    expect(readdirSync(join(libraries, "linux"))).toEqual([process.arch]);

    const program = `
    const { handler } = await import(${JSON.stringify(join(folder, "task/index.mjs"))});
    const body = JSON.stringify({ texts: ["a cat", "a dog"] });
    const events = [{ body }, { body: btoa(body), isBase64Encoded: true }, { body: '{"texts":"a cat"}' }, { body: "{}" }, {}];
    const answers = [];
    for (const event of events) answers.push(await handler(event));
    console.log(JSON.stringify(answers));`;
    const [plain, encoded, single, ...wrong] = JSON.parse(node("--input-type=module", "--eval", program));
    const { embeddings } = JSON.parse(plain.body) as { embeddings: number[][] };
    expect(embeddings.map((each) => Math.hypot(...each))).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
    expect(encoded).toEqual(plain);
    expect(JSON.parse(single.body).embeddings).toHaveLength(1);
    expect(wrong.map(({ statusCode }: { statusCode: number }) => statusCode)).toEqual([400, 400]);
  },
  60_000,
);
