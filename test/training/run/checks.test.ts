import { expect, test } from "vitest";
import { workFolderOf } from "../../../src/training/run/checks.ts";

test.each([
  ["models/new", "models/new.training"],
  ["models/new/", "models/new.training"],
  ["new//", "new.training"],
  ["/models/new/.", "/models/new.training"],
])("the work folder of %s lies beside it: %s", (out, work) => {
  expect(workFolderOf({ out })).toBe(work);
  expect(workFolderOf({ out, workFolder: "work" })).toBe("work");
});
