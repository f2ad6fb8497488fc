/** Files of an index that are not among the inputs of a build. */
import { lstat } from "node:fs/promises";
import { firstFew } from "../../common/first-few.ts";
import { HpdError } from "../../errors.ts";
import { pathOf } from "../files/names.ts";
import { type InputFile, type Inputs, isCovered } from "../files/walk.ts";
import type { Others } from "./build-options.ts";

/** Number of files that an error message names. */
const mostNamed = 3;

/**
 * The inputs with the other files that are to be kept.
 *
 * @param known names of the files in the index
 * @param index its name, and the folder that it lies in
 * @throws HpdError `invalid_argument` if there are other files and `wanted` is undefined
 */
export async function withOthers(
  inputs: Inputs,
  known: Iterable<string>,
  { name: index, base }: { readonly name: string; readonly base: string | undefined },
  wanted: Others | undefined,
): Promise<Inputs> {
  if (wanted === "remove") return inputs;
  const own = new Set(inputs.files.map(({ name }) => name));
  const others: InputFile[] = [];
  for (const name of known) {
    const path = pathOf(name, base);
    // Files that are gone from an input folder, or from the disk, are removed in any case.
    if (own.has(name) || isCovered(path, inputs) || !(await exists(path))) continue;
    others.push({ path, name, isNamed: false });
  }
  if (others.length === 0) return inputs;
  if (wanted === "keep") return { ...inputs, files: [...inputs.files, ...others] };
  const names = others.map(({ name }) => name);
  throw new HpdError(
    "invalid_argument",
    `${index} has files that are none of the inputs: ${firstFew(names, mostNamed)}: add them to the inputs, or pass ` +
      '`others: "keep"` or `others: "remove"`',
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    // A file that can't be inspected may exist.
    ({ code }) => code !== "ENOENT" && code !== "ENOTDIR",
  );
}
