/** The Python that a benchmark is given by `--python`: the same in all of them. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/** @param path a virtual environment's folder, or a program */
export function pythonProgram(path: string): string {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  return isFolder ? join(path, process.platform === "win32" ? "Scripts/python.exe" : "bin/python") : path;
}
