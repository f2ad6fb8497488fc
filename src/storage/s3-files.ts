/** Files of an object store: listed, and read in ranges of the version that was listed. */
import { HpdError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { openS3, requesting, statusOf } from "./s3-client.ts";
import { changed, type StoredFile } from "./stored-file.ts";

/** A request to an object store takes some 50 ms: smaller pieces aren't worth one. */
const blockSize = 4 * 1024 * 1024;

export interface S3Object {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** The objects whose keys begin with a prefix, in the order of their keys. @throws HpdError as `requesting` */
export async function* listObjects(
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<S3Object, void, undefined> {
  const { client, library } = await openS3();
  let token: string | undefined;
  do {
    const command = new library.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page = await requesting(
      `s3://${bucket}/${prefix}`,
      client.send(command, { ...(signal && { abortSignal: signal }) }),
      signal,
    );
    for (const { Key, Size, ETag } of page.Contents ?? []) {
      if (Key !== undefined) yield { key: Key, size: Size ?? 0, etag: ETag ?? "" };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** @param folder the part of the key that is no part of the name */
export function s3File(bucket: string, { key, size, etag }: S3Object, folder: string): StoredFile {
  const location = `s3://${bucket}/${key}`;
  return {
    location,
    name: key.slice(folder.length),
    size,
    version: etag.replaceAll('"', ""),
    open: async (signal) => openObject({ bucket, key, size, etag }, signal),
  };
}

/** @param object with the version that is read: a later one is refused */
export function openObject(object: S3Object & { readonly bucket: string }, signal?: AbortSignal): ByteReader {
  const { bucket, key, size, etag } = object;
  const name = `s3://${bucket}/${key}`;
  return {
    name,
    size,
    blockSize,
    async read(start, end) {
      if (start === end) return new Uint8Array();
      const { client, library } = await openS3();
      const command = new library.GetObjectCommand({
        Bucket: bucket,
        Key: key,
        Range: `bytes=${start}-${end - 1}`,
        ...(etag !== "" && { IfMatch: etag }),
      });
      const bytes = await requesting(name, wholeBody(), signal);
      if (bytes.length !== end - start) throw changed(name);
      return bytes;

      /** The body, which may break off on the way. */
      async function wholeBody(): Promise<Uint8Array> {
        for (let attempt = 1; ; attempt++) {
          try {
            const { Body } = await client.send(command, { ...(signal && { abortSignal: signal }) });
            return await Body!.transformToByteArray();
          } catch (error) {
            if ([412, 416].includes(statusOf(error) ?? 0)) throw changed(name);
            if (statusOf(error) !== undefined || attempt === 4 || signal?.aborted) throw error;
          }
        }
      }
    },
    close: async () => {},
  };
}

/** @throws HpdError `not_found` where there is none */
export async function headObject(bucket: string, key: string, signal?: AbortSignal): Promise<S3Object> {
  const { client, library } = await openS3();
  const command = new library.HeadObjectCommand({ Bucket: bucket, Key: key });
  const { ContentLength, ETag } = await requesting(
    `s3://${bucket}/${key}`,
    client.send(command, { ...(signal && { abortSignal: signal }) }),
    signal,
  );
  if (ContentLength === undefined) throw new HpdError("network", `s3://${bucket}/${key}: its size isn't told`);
  return { key, size: ContentLength, etag: ETag ?? "" };
}
