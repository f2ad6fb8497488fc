/**
 * The templates for schedulers: that their command lines are `hpd`'s, and their numbers belong together. `tools/slurm/prove.ts`
 * runs those of Slurm, `tools/kubernetes/check.sh` holds those of Kubernetes to its schema.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Command } from "../../src/cli/command.ts";
import { distillCommand } from "../../src/cli/distill.ts";
import { encodeCommand } from "../../src/cli/encode.ts";
import { parseFlags } from "../../src/cli/parse-flags.ts";
import type { Flags } from "../../src/cli/settings/table.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "hpd-schedulers-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const commands: Record<string, Command> = { encode: encodeCommand, distill: distillCommand };

interface IndexedJob {
  readonly spec: {
    readonly completionMode: string;
    readonly completions: number;
    readonly parallelism: number;
    readonly podFailurePolicy: {
      readonly rules: readonly { readonly onExitCodes?: { readonly containerName: string } }[];
    };
    readonly template: {
      readonly spec: {
        readonly containers: readonly [{ readonly name: string; readonly command: string[]; readonly args: string[] }];
      };
    };
  };
}

/** @throws UsageError for a flag that there is not */
function flagsOf([name, ...args]: readonly string[]): { values: Flags; positionals: readonly string[] } {
  return parseFlags(commands[name!]!, args);
}

describe("Kubernetes", () => {
  test.each(["encode-job.yaml", "teacher-job.yaml"])("%s", (file) => {
    const { spec } = parse(readFileSync(join(examples, "kubernetes", file), "utf8")) as IndexedJob;
    const [container] = spec.template.spec.containers;
    const { values } = flagsOf(container.args);
    expect(spec.completionMode).toBe("Indexed");
    expect(values.shards).toBe(String(spec.completions));
    expect(spec.completions).toBeGreaterThanOrEqual(3 * spec.parallelism);
    const exits = spec.podFailurePolicy.rules.flatMap(({ onExitCodes }) => onExitCodes?.containerName ?? []);
    expect(exits).toEqual([container.name]);
    const dockerfile = readFileSync(new URL("../../Dockerfile", import.meta.url), "utf8");
    expect(dockerfile).toContain(container.command[1]);
  });
});

describe("Slurm", () => {
  mkdirSync(join(scratch, "node_modules/.bin"), { recursive: true });
  writeFileSync(join(scratch, "node_modules/.bin/hpd"), '#!/bin/sh\nfor argument; do echo "$argument"; done\n', {
    mode: 0o755,
  });
  const run = (file: string, env: NodeJS.ProcessEnv) =>
    execFileSync("bash", [join(examples, "slurm", file)], {
      cwd: scratch,
      env: { PATH: process.env.PATH, SLURM_CPUS_PER_TASK: "4", SLURM_ARRAY_TASK_ID: "3", ...env },
      encoding: "utf8",
      stdio: "pipe",
    })
      .trim()
      .split("\n");

  test.each([
    ["encode.sbatch", { INPUT: "my corpus/", OUTPUT: "/out put" }],
    ["teacher.sbatch", {}],
  ])("%s", (file, env) => {
    const { values, positionals } = flagsOf(run(file, env));
    const text = readFileSync(join(examples, "slurm", file), "utf8");
    const last = Number(/^#SBATCH --array=0-(\d+)$/m.exec(text)![1]);
    expect(values.shards).toBe(String(last + 1));
    if (file === "encode.sbatch") {
      expect(positionals).toEqual(["my corpus/"]);
      expect(values).toMatchObject({ output: "/out put", workers: "4" });
    }
    expect(flagsOf(run(file, { ...env, SHARDS: "7" })).values.shards).toBe("7");
  });

  test("what it needs is asked for", () => {
    expect(() => run("encode.sbatch", {})).toThrow(/INPUT: a file, a folder or s3/);
    expect(flagsOf(run("encode.sbatch", { INPUT: "a", OUTPUT: "b", MODEL: "m" })).values.model).toBe("m");
  });
});
