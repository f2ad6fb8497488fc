/** The state of a work of any kind, and whether what is done is sound, by its folder alone. */
import { optionsHint } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { openOutputFolder, readJson } from "../storage/open-output-folder.ts";
import type { OutputFolder } from "../storage/output-folder.ts";
import { encodeStatus, verifiedEncode } from "./encode/status.ts";
import { manifestName } from "./shard-name.ts";
import { missingShards } from "./sharded-work.ts";
import type { ShardProblem, StatusOptions, Verification, WorkStatus } from "./work-report.ts";

const statusOptions: OptionTable<StatusOptions> = { signal: "signal", onShard: "function" };

/**
 * The status of the work in a folder, of `openEncodeWork` or `openTeacherWork`. Neither its inputs nor its models are needed.
 *
 * @throws HpdError `not_found` where no work was begun; as reading does
 */
export async function workStatus(output: string, options: StatusOptions = {}): Promise<WorkStatus> {
  requireOutput(output);
  const checked = checkedOptions("workStatus", options, statusOptions);
  const folder = openOutputFolder(output);
  if (!(await isOfTeachers(folder, checked.signal))) return encodeStatus(output, checked);
  const { teacherStatus } = await import("../distillation/teacher-shards/status.ts");
  const { manifest, committed, rows, bytes } = await teacherStatus(folder, checked);
  const { shards, fingerprint, precision } = manifest;
  return {
    ...{ kind: "teacher", output: folder.name, fingerprint, shards, rows, bytes, precision, format: "embeddings" },
    done: [...committed].sort((a, b) => a - b),
    missing: missingShards(shards, committed),
    dimension: undefined,
  };
}

/**
 * Reads every committed shard as a whole: its dimension, its checksum (which .npy has no place for), whether all numbers are
 * finite; of teachers the checksums.
 *
 * @returns what is wrong; nothing where all is as it was written
 * @throws HpdError as `workStatus`
 */
export async function verifyWork(output: string, options: StatusOptions = {}): Promise<ShardProblem[]> {
  return (await verifiedWork(output, options)).problems;
}

/** The problems of `verifyWork`, and the counts that are known then. @throws HpdError as `workStatus` */
export async function verifiedWork(output: string, options: StatusOptions): Promise<Verification> {
  requireOutput(output);
  const checked = checkedOptions("verifyWork", options, statusOptions);
  const folder = openOutputFolder(output);
  if (!(await isOfTeachers(folder, checked.signal))) return verifiedEncode(output, checked);
  const { verifiedTeachers } = await import("../distillation/teacher-shards/status.ts");
  return verifiedTeachers(folder, checked);
}

function requireOutput(output: unknown): void {
  if (typeof output === "string" && output.trim() !== "") return;
  const got = `${describe(output)}${optionsHint(output)}`;
  throw new HpdError("invalid_argument", `output should be the folder of a work or s3://bucket/path, got ${got}`);
}

async function isOfTeachers(folder: OutputFolder, signal: AbortSignal | undefined): Promise<boolean> {
  return (await readJson(folder, manifestName, signal))?.kind === "teacher";
}
