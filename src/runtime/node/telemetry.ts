/**
 * The telemetry of ONNX Runtime, which on Linux and macOS calls its maker's collector, writes a device's id and a
 * database below the user's cache folder and makes files in the temporary one, unless a variable of the environment says no.
 * It is read once in a process, when the first session is made.
 */
import { isMainThread } from "node:worker_threads";
import { HpdError } from "../../errors.ts";

/** Of ONNX Runtime: "1" and "true" switch telemetry off; an empty one is none. */
const variable = "ORT_DISABLE_TELEMETRY";

/**
 * Switches telemetry off, unless somebody has set the variable to something else. To be called before the runtime is loaded.
 *
 * @throws HpdError `unsupported` in a worker thread without the variable: its `process.env` is a copy, which native code
 *   doesn't see, and nothing is sent without somebody's word.
 */
export function disableTelemetry(): void {
  if (process.env[variable]) return;
  if (isMainThread) {
    process.env[variable] = "1";
    return;
  }
  throw new HpdError(
    "unsupported",
    "ONNX Runtime would send telemetry from this worker thread, which can't switch it off for the process: set " +
      `process.env.${variable} = "1" in the main thread before this thread starts, or in the environment; "0" allows it`,
  );
}
