/**
 * The telemetry of ONNX Runtime, which on Linux and macOS calls its maker's collector, writes a device's id and a
 * database below the user's cache folder and makes files in the temporary one, unless a variable of the environment
 * says no. It is read once in a process, when the first session is made.
 */
import { types } from "node:util";
import { isMainThread } from "node:worker_threads";
import { HpdError } from "../../errors.ts";

/** ONNX Runtime's variable: "1" and "true" switch telemetry off; an empty one is none. */
const variable = "ORT_DISABLE_TELEMETRY";

/**
 * Whether native code sees what is written to `process.env`. A worker thread's is a copy, and so are Bun's and, in a
 * test, Jest's, which is a proxy. Deno's is a proxy too, of the real one.
 */
export function writesEnvironment(): boolean {
  const { bun, deno } = process.versions;
  return isMainThread && bun === undefined && (deno !== undefined || !types.isProxy(process.env));
}

/**
 * Switches telemetry off, unless somebody has set the variable to something else. To be called before the runtime is
 * loaded.
 *
 * @throws HpdError `unsupported` where the variable isn't set, and can't be: nothing is sent without somebody's word
 */
export function disableTelemetry(): void {
  if (process.env[variable]) return;
  if (writesEnvironment()) {
    process.env[variable] = "1";
    return;
  }
  throw new HpdError(
    "unsupported",
    "ONNX Runtime would send telemetry from here, where it can't be switched off for the process: set " +
      `${variable}=1 in the environment, or, in Node, process.env.${variable} = "1" in the main thread before it starts ` +
      "this one; 0 allows it",
  );
}

/** The environment for a child process. */
export function environmentWithoutTelemetry(): NodeJS.ProcessEnv {
  return { ...process.env, [variable]: process.env[variable] || "1" };
}
