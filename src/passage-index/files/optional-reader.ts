/** The packages that read files of some formats, which are there only where somebody needs them. */
import { HpdError } from "../../errors.ts";

/** @throws HpdError `not_found` with the command that installs it */
export async function loadReader<Library>(name: string, path: string): Promise<Library> {
  try {
    return await import(name);
  } catch (cause) {
    throw missingReader(name, path, cause);
  }
}

export function missingReader(name: string, path: string, cause: unknown): HpdError {
  return new HpdError(
    "not_found",
    `${path}: the package ${name}, which reads it, is not installed: npm install ${name}`,
    {
      cause,
    },
  );
}
