/** The machine that a benchmark runs on. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import type { Machine } from "./results.ts";

/** Those that decide how fast matrix products are, the best last. */
const instructions = [
  ...["avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8"],
  ...["asimd", "asimddp", "sve", "bf16", "i8mm"],
];

export function describeMachine(gigaflops: number): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split(/[-+]/)[0]}`,
    node: process.version,
    instructions: instructionsHere(),
    gigaflops: Math.round(gigaflops),
  };
}

/** @param cpuinfo the text of `/proc/cpuinfo` */
export function instructionsOf(cpuinfo: string): string[] {
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(" ") ?? [];
  return instructions.filter((name) => flags.includes(name));
}

export function instructionsHere(): string[] {
  try {
    return instructionsOf(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return [];
  }
}

/** Whether bfloat16 products are instructions here; elsewhere they are emulated, and slow. Unknown counts as no. */
export function hasBfloat16(names: readonly string[]): boolean {
  return ["avx512_bf16", "amx_bf16", "bf16"].some((name) => names.includes(name));
}

/** The kind of machine in a word, for names of files: what decides about int8. */
export function kindOf(names: readonly string[]): string {
  const kinds: readonly (readonly [instruction: string, kind: string])[] = [
    ["amx_int8", "amx"],
    ["avx512_vnni", "avx512-vnni"],
    ["avx_vnni", "avx-vnni"],
    ["avx512f", "avx512"],
    ["avx2", "avx2"],
    ["i8mm", "arm64-i8mm"],
    ["asimd", "arm64"],
  ];
  return kinds.find(([instruction]) => names.includes(instruction))?.[1] ?? process.arch;
}
