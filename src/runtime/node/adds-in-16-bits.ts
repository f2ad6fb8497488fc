/** Whether this processor adds products of uint8 and int8 in 16 bits, which overflow where both take all of theirs. */
import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";

let known: boolean | undefined;

/** x64 without VNNI. Where the system doesn't say, it is assumed: the other form is exact anywhere, and slower. */
export function addsIn16Bits(): boolean {
  known ??= arch() === "x64" && !hasVnni();
  return known;
}

function hasVnni(): boolean {
  if (platform() !== "linux") return false;
  try {
    return /^flags\s*:.*\bavx(?:512)?_vnni\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
}
