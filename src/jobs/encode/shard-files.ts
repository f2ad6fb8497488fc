/** The files of the shards of a work, in its folder. */
import type { ByteReader } from "../../storage/byte-reader.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import { extensionOf } from "../shard-file.ts";
import { shardName, shardNumber } from "../shard-name.ts";
import type { EncodeManifest } from "./manifest.ts";

export function shardFileName({ shards, output }: EncodeManifest, shard: number): string {
  return shardName(shard, shards, extensionOf[output.format]);
}

/** The bytes of each committed shard. */
export async function shardSizes(
  folder: OutputFolder,
  { shards, output }: EncodeManifest,
  signal: AbortSignal | undefined,
): Promise<Map<number, number>> {
  const sizes = new Map<number, number>();
  for (const [name, size] of await folder.list(signal)) {
    const shard = shardNumber(name, shards, extensionOf[output.format]);
    if (shard !== undefined) sizes.set(shard, size);
  }
  return sizes;
}

/** Opens the file of a shard for as long as it is used. @throws HpdError `not_found`; what `use` throws */
export async function withShard<T>(
  folder: OutputFolder,
  manifest: EncodeManifest,
  shard: number,
  signal: AbortSignal | undefined,
  use: (reader: ByteReader) => Promise<T>,
): Promise<T> {
  const reader = await folder.open(shardFileName(manifest, shard), signal);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}
