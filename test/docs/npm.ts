/** `npm` as far as the pages use it, without the network: what they install and run has to exist. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const known = [manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })];
const [command, ...args] = process.argv.slice(2);

if (command === "install") {
  const unknown = args.filter((name) => !name.startsWith("--") && !known.includes(name));
  if (unknown.length > 0) throw new Error(`not a package of these pages: ${unknown.join(", ")}`);
} else if (command === "run") {
  const [script, , ...rest] = args;
  if (!(script! in manifest.scripts)) throw new Error(`there is no script ${script}`);
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  if (script === "hpd") process.exitCode = spawnSync(process.execPath, [main, ...rest], { stdio: "inherit" }).status!;
} else if (!["ci", "test"].includes(command!)) {
  throw new Error(`npm ${command} is not known here`);
}
