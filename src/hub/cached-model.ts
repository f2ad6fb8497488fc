/** Opens a model from the hub's cache alone, downloaded by Python or by this library. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../errors.ts";
import { hasFile, isKnownAbsent, readRef, readSnapshotModules, readTree, snapshotFolder } from "./hub-cache.ts";
import { isCommit } from "./hub-listing.ts";
import { folderSource, listFolder } from "./local-folder.ts";
import type { ModelSource } from "./model-source.ts";
import { hasWeights, selectFiles } from "./select-files.ts";

/** @throws HpdError `network` where the revision is not in the cache, or not all of it, naming what is missing. */
export async function openCachedModel(id: string, revision: string, repository: string): Promise<ModelSource> {
  const subject = `model ${id} (revision ${revision})`;
  const advice = "load it once with network access (without `localFilesOnly` and HF_HUB_OFFLINE)";
  const commit = isCommit(revision) ? revision : await readRef(repository, revision);
  const folder = snapshotFolder(repository, commit ?? "");
  const present = commit === undefined ? [] : await listFolder(folder).catch(() => []);
  if (commit === undefined || present.length === 0) {
    throw new HpdError("network", `${subject} is not in the cache (${repository}): ${advice}`);
  }
  const { files, missing } = await checkSnapshot(repository, commit, folder, present);
  if (missing.length > 0) {
    const names = missing.slice(0, 5).join(", ");
    throw new HpdError(
      "network",
      `${subject} is only partly in the cache: ${names}${missing.length > 5 ? ", ..." : ""} missing or cut in ${folder}: ` +
        advice,
    );
  }
  return folderSource(id, folder, files, `, in the cache: ${advice}`);
}

/**
 * The files of a snapshot, and those that are missing. With the list of the commit's files, every selected file must be
 * there in its size. Python downloads file by file without that list; then all files there are taken, unless a link
 * dangles, there are no weights, or it is not known whether the model has a `modules.json`, without which it would be
 * read as a plain transformer, with other embeddings.
 */
async function checkSnapshot(
  repository: string,
  commit: string,
  folder: string,
  present: readonly string[],
): Promise<{ files: readonly string[]; missing: string[] }> {
  const missing: string[] = [];
  const tree = await readTree(repository, commit);
  if (tree !== undefined) {
    const sizes = new Map(tree.map(({ path, size }) => [path, size]));
    const files = selectFiles([...sizes.keys()], await readSnapshotModules(folder));
    for (const file of files) {
      if (!(await hasFile(join(folder, file), sizes.get(file)!))) missing.push(file);
    }
    return { files, missing };
  }
  for (const file of present) {
    if ((await stat(join(folder, file)).catch(() => undefined)) === undefined) missing.push(file);
  }
  if (!hasWeights(present)) missing.push("model.safetensors");
  if (!present.includes("modules.json") && !(await isKnownAbsent(repository, commit, "modules.json"))) {
    missing.push("modules.json");
  }
  return { files: present, missing };
}
