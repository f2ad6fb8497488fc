/** Programs in a process in which nobody can load the runtime. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @param code of a module that has `SentenceTransformer`; what it prints */
export async function withoutRuntime(code: string): Promise<string> {
  const index = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
  const program = `
    import { Module } from "node:module";
    const before = Module._resolveFilename;
    Module._resolveFilename = (name, ...rest) => {
      if (name.startsWith("onnxruntime")) throw new Error("there is no " + name);
      return before(name, ...rest);
    };
    const { SentenceTransformer } = await import(${JSON.stringify(index)});
    ${code}`;
  const { stdout } = await run(process.execPath, ["--conditions=hpd-source", "--input-type=module", "-e", program]);
  return stdout.trim();
}
