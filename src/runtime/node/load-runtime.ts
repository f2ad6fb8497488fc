/** onnxruntime-node, with its telemetry off. */
import { createRequire } from "node:module";
import type * as Runtime from "onnxruntime-node";
import { requireInstalled } from "../../files/package-file.ts";
import { disableTelemetry } from "./telemetry.ts";

/** @throws HpdError `unsupported` as `disableTelemetry`; an Error where it isn't installed or doesn't run here */
export function loadRuntime(): typeof Runtime {
  disableTelemetry();
  return requireInstalled<typeof Runtime>("onnxruntime-node", () => {
    const require = createRequire(import.meta.url);
    return require("onnxruntime-node");
  });
}
