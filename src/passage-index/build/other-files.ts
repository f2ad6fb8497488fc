/** Files that an index has and that a build was not told of. */
import { lstat } from "node:fs/promises";
import { firstFew } from "../../common/first-few.ts";
import { HpdError } from "../../errors.ts";
import { pathOf } from "../files/names.ts";
import { type InputFile, type Inputs, isCovered } from "../files/walk.ts";
import type { Others } from "./build-options.ts";

/** Files that are named in a refusal. */
const mostNamed = 3;

/**
 * The inputs with what is to be kept beside them.
 *
 * @param known files of the index
 * @param index its name, and the folder that it lies in
 * @throws HpdError `invalid_argument` where there are others and `wanted` doesn't say what becomes of them
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
    // What is gone from a folder that was named, or from the disk, is removed as ever.
    if (own.has(name) || isCovered(path, inputs) || !(await exists(path))) continue;
    others.push({ path, name, isNamed: false });
  }
  if (others.length === 0) return inputs;
  if (wanted === "keep") return { ...inputs, files: [...inputs.files, ...others] };
  const names = others.map(({ name }) => name);
  throw new HpdError(
    "invalid_argument",
    `${index} has files that are none of the inputs: ${firstFew(names, mostNamed)}: name them, too, or say what becomes of ` +
      'them: `others: "keep"` or `others: "remove"`',
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    // What can't be looked at is there for all that is known.
    ({ code }) => code !== "ENOENT" && code !== "ENOTDIR",
  );
}
