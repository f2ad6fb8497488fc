/** Files and packages that code needs, from a place where bundlers may have put it. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { packageFile, requireInstalled } from "../../src/files/package-file.ts";

const root = new URL("../../", import.meta.url);
const inRoot = (url: URL) => fileURLToPath(url).slice(fileURLToPath(root).length);

test("a program is found beside the code, by the suffix that it has there", () => {
  const beside = () => new URL("../../src/runtime/node/hpd-worker.js", import.meta.url);
  expect(inRoot(packageFile("dist/elsewhere/hpd-worker.js", beside))).toBe("src/runtime/node/hpd-worker.ts");
});

test.each([
  ["a copy under another name", () => new URL("../../package-lock.json", import.meta.url)],
  ["an address of the web", () => new URL("https://example.com/package.json")],
  ["no URL, as in a bundle of CommonJS", () => new URL("./package.json", undefined)],
  ["a file that isn't there", () => new URL("./nowhere/package.json", import.meta.url)],
])("%s isn't taken, but the file of the installed package", (_what, beside) => {
  expect(inRoot(packageFile("package.json", beside))).toBe("package.json");
});

test("a file that is nowhere is an error that says where it was looked for", () => {
  const find = () => packageFile("dist/hpd-nothing.js", () => new URL("./hpd-nothing.js", import.meta.url));
  expect(find).toThrow(expect.objectContaining({ name: "HpdError", code: "not_found" }));
  expect(find).toThrow(/dist\/hpd-nothing\.js .*test\/files\/hpd-nothing\.js.* keep hpd out of the bundle/);
});

test("a package is loaded from where it is installed, where the code's own require can't", () => {
  const broken = () => {
    throw new TypeError("The argument 'filename' must be a file URL");
  };
  expect(requireInstalled("onnxruntime-common", broken)).toHaveProperty("Tensor");
  expect(() => requireInstalled("hpd-no-such-package", broken)).toThrow(/Cannot find module 'hpd-no-such-package'/);
});
