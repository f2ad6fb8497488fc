/**
 * The manifest of a work: what the shards are of, beside them. Whoever comes first writes it, in one act; everybody else
 * must be about to do the very same, or is told what differs.
 */
import { createHash } from "node:crypto";
import { isObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { readJson, writeFirstJson } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import type { InputFormat } from "../../texts/open-texts.ts";
import type { KeptColumn } from "../columns.ts";
import { manifestName } from "../shard-name.ts";
import type { ShardFormat, ShardPrecision } from "./options.ts";

/** Version of the manifest, and of the bytes that follow from it. */
const version = 1;

/** Said by everybody who is about to do the work. */
export interface EncodePlan {
  readonly kind: "encode";
  readonly version: typeof version;
  /** Version of this library: another one may give other bits. */
  readonly hpd: string;
  readonly shards: number;
  readonly inputs: {
    readonly format: InputFormat;
    readonly field: string;
    readonly files: readonly InputEntry[];
  };
  readonly model: {
    /** The name for messages; the same model may lie elsewhere on another machine. */
    readonly name: string;
    /** A hash of its files and the options of loading. */
    readonly fingerprint: string;
  };
  readonly encode: Readonly<Record<string, string | number | boolean>>;
  readonly output: {
    readonly format: ShardFormat;
    readonly precision: ShardPrecision;
    /** The columns that were asked for; null for all. */
    readonly keep: readonly string[] | null;
  };
}

export interface InputEntry {
  readonly name: string;
  readonly size: number;
  readonly version: string;
}

/** Found by who is first, from a sample of the inputs. */
export interface EncodeFindings {
  readonly dimension: number;
  readonly columns: readonly KeptColumn[];
  /** The range of each dimension, for int8. */
  readonly ranges?: { readonly minimum: readonly number[]; readonly maximum: readonly number[] } | undefined;
}

export interface EncodeManifest extends EncodePlan, EncodeFindings {}

export function newPlan(parts: Omit<EncodePlan, "kind" | "version">): EncodePlan {
  return { kind: "encode", version, ...parts };
}

/** The name of a work by what decides its bytes: 32 hexadecimal digits. */
export function fingerprintOf(manifest: EncodeManifest): string {
  const { model, ...rest } = manifest;
  return createHash("sha256")
    .update(JSON.stringify(inOrder({ ...rest, model: model.fingerprint })))
    .digest("hex")
    .slice(0, 32);
}

/** @throws HpdError `corrupt_file` for a file that is no manifest; `invalid_argument` for one of another version */
export async function readManifest(folder: OutputFolder, signal?: AbortSignal): Promise<EncodeManifest | undefined> {
  const manifest = (await readJson(folder, manifestName, signal)) as EncodeManifest | undefined;
  if (manifest === undefined) return undefined;
  const path = `${folder.name}/${manifestName}`;
  if ((manifest.kind as string) === "teacher") {
    const advice = "hpd distill --teacher-embeddings trains with them, hpd encode --status and --verify look at them";
    throw new HpdError("invalid_argument", `${folder.name} holds the embeddings of teachers: ${advice}`);
  }
  if (manifest.kind !== "encode" || manifest.version !== version) {
    throw new HpdError(
      "invalid_argument",
      `${path} is of another kind of work or another version of hpd: use that version, or another output`,
    );
  }
  const isSound =
    Number.isSafeInteger(manifest.shards) &&
    Number.isSafeInteger(manifest.dimension) &&
    Array.isArray(manifest.columns) &&
    isObject(manifest.output) &&
    isObject(manifest.model) &&
    Array.isArray(manifest.inputs?.files);
  if (isSound) return manifest;
  throw new HpdError("corrupt_file", `${path} is no manifest of hpd: use another output`);
}

/** Writes the manifest unless there is one. @returns the one that is there then */
export async function keepManifest(
  folder: OutputFolder,
  manifest: EncodeManifest,
  signal?: AbortSignal,
): Promise<EncodeManifest> {
  await writeFirstJson(folder, manifestName, manifest, signal);
  return (await readManifest(folder, signal))!;
}

/** @throws HpdError `invalid_argument` that names what differs, and what to do */
export function requireSameWork(folder: string, manifest: EncodeManifest, plan: EncodePlan): void {
  const difference = firstDifference(manifest, plan);
  if (difference === undefined) return;
  throw new HpdError(
    "invalid_argument",
    `${folder} holds the shards of another work: ${difference}. Give the same inputs and options as the run that began ` +
      "it, or another output",
  );
}

function firstDifference(manifest: EncodeManifest, plan: EncodePlan): string | undefined {
  if (manifest.hpd !== plan.hpd) {
    return `it was begun by hpd ${manifest.hpd}, this is ${plan.hpd}, whose last bits may differ`;
  }
  if (manifest.shards !== plan.shards) return `it has ${manifest.shards} shards, not ${plan.shards}`;
  const input = inputDifference(manifest.inputs.files, plan.inputs.files);
  if (input !== undefined) return input;
  if (manifest.model.fingerprint !== plan.model.fingerprint) {
    const isSameName = manifest.model.name === plan.model.name;
    return isSameName
      ? `the weights, files or options of loading of the model ${plan.model.name} are others`
      : `its model is ${manifest.model.name}, not ${plan.model.name}`;
  }
  for (const section of ["inputs", "encode", "output"] as const) {
    const [there, here] = [manifest[section], plan[section]] as Readonly<Record<string, unknown>>[];
    for (const name of new Set([...Object.keys(there!), ...Object.keys(here!)])) {
      const [was, is] = [JSON.stringify(there![name]), JSON.stringify(here![name])];
      if (was !== is) return `${name} is ${was ?? "not given"} there, ${is ?? "not given"} here`;
    }
  }
  return undefined;
}

function inputDifference(there: readonly InputEntry[], here: readonly InputEntry[]): string | undefined {
  for (let index = 0; index < Math.max(there.length, here.length); index++) {
    const [was, is] = [there[index], here[index]];
    if (was === undefined) return `the input ${is!.name} is new`;
    if (is === undefined) return `the input ${was.name} is missing`;
    if (was.name !== is.name) return `input ${index + 1} is ${was.name} there, ${is.name} here`;
    if (was.size !== is.size) return `the input ${is.name} had ${was.size} bytes, it has ${is.size}`;
    if (was.version !== is.version) return `the input ${is.name} has changed`;
  }
  return undefined;
}

/** The value with the keys of all objects in order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, inOrder(each)]),
  );
}
