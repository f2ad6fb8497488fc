/**
 * The identity of a process: its id and its start time, which distinguishes it from others that had or will have the
 * same id (Linux: ticks since boot, from /proc; elsewhere: seconds since 1970, from `ps`). Limits: processes of this
 * machine or container only; on Windows, which has neither, another process is identified by its id alone.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  readonly start: number;
}

interface Seen {
  readonly start: number;
  /** Whether it has ended and its parent has not reaped it: for ever, in a container without an init. */
  readonly isZombie: boolean;
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, start: look(process.pid)?.start ?? Math.round(performance.timeOrigin) };
  return own;
}

/** Whether that process is still running and its id is not reused. In doubt, true. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  if (pid === process.pid) return start === ownIdentity().start;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is one, of another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const seen = look(pid);
  return seen === undefined || (!seen.isZombie && seen.start === start);
}

/** @returns undefined where nothing can be learned of it */
function look(pid: number): Seen | undefined {
  try {
    if (process.platform === "win32") return undefined;
    return process.platform === "linux" ? lookInProc(pid) : lookWithPs(pid);
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of proc_pid_stat(5). The second, a name in brackets, may hold blanks and brackets. */
function lookInProc(pid: number): Seen | undefined {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const start = Number(fields[19]);
  return Number.isSafeInteger(start) ? { start, isZombie: /^[ZX]/.test(fields[0]!) } : undefined;
}

/** Exported for its test, which Linux's `ps` serves as well. */
export function lookWithPs(pid: number): Seen | undefined {
  const text = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 5000,
  });
  const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(text) ?? [];
  const start = Date.parse(`${started} UTC`) / 1000;
  return state === undefined || Number.isNaN(start) ? undefined : { start, isZombie: state.startsWith("Z") };
}
