/** Opens work by its description, on any machine. */
import { requireObject } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { EncodeWork } from "./encode/encode-work.ts";
import type { EncodeWorkOptions } from "./encode/options.ts";
import type { OpenWorkOptions } from "./open-options.ts";
import type { ShardedWork, WorkDescription } from "./sharded-work.ts";

/**
 * Opens the work that a description describes, and begins it where nobody has.
 *
 * @throws HpdError `invalid_argument` where the folder of the results holds other work, or this version has no such kind
 */
export async function openWork(description: WorkDescription, options: OpenWorkOptions = {}): Promise<ShardedWork> {
  requireObject("description", description, "that of a work, as its property description gives it");
  const { kind, ...rest } = description;
  if (kind === "encode") return EncodeWork.open(rest as unknown as EncodeWorkOptions, options);
  if (kind === "teacher") {
    // Imported here, so that those who encode load nothing of training.
    const { openDescribedTeacherWork } = await import("../distillation/teacher-shards/open-teacher-work.ts");
    return openDescribedTeacherWork(rest as unknown as Parameters<typeof openDescribedTeacherWork>[0], options);
  }
  throw new HpdError("invalid_argument", `this version of hpd has no work of the kind ${describe(kind)}`);
}

/**
 * Opens the encoding of texts in shards, and begins it where nobody has.
 *
 * @throws HpdError as `openWork`
 */
export function openEncodeWork(work: EncodeWorkOptions, options: OpenWorkOptions = {}): Promise<ShardedWork> {
  return EncodeWork.open(work, options);
}
