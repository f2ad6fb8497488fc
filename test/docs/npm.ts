/** `npm` as far as the pages use it, without the network: what they install and run has to exist. */
import { readFileSync } from "node:fs";
import type { Outcome } from "../cli/hpd-process.ts";
import { runHpd } from "../cli/run-hpd.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const known = [manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })];

export async function npm([command, ...args]: readonly string[]): Promise<Outcome> {
  if (command === "install") {
    const unknown = args.filter((name) => !name.startsWith("--") && !known.includes(name));
    return unknown.length === 0 ? done : failed(`not a package of these pages: ${unknown.join(", ")}`);
  }
  if (command === "run") {
    const [script, , ...rest] = args;
    if (!(script! in manifest.scripts)) return failed(`there is no script ${script}`);
    return script === "hpd" ? runHpd(rest) : done;
  }
  return ["ci", "test"].includes(command!) ? done : failed(`npm ${command} is not known here`);
}

const done: Outcome = { code: 0, stdout: "", stderr: "" };
const failed = (stderr: string): Outcome => ({ code: 1, stdout: "", stderr });
