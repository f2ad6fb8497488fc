/**
 * A folder for results in an object store. An object appears when its last request is done, whole; that request is
 * conditional, so that of two writers the first one has the name. Larger ones come in parts, of which one is on its way
 * while the next is filled.
 */
import type { CompletedPart } from "@aws-sdk/client-s3";
import { HpdError } from "../errors.ts";
import type { NewFile, OutputFolder } from "./output-folder.ts";
import { openS3, requesting, type S3, statusOf } from "./s3-client.ts";
import { headObject, listObjects, openObject } from "./s3-files.ts";

/** Bytes of a part; 10,000 are allowed, so that later ones are larger. */
const partBytes = 8 * 1024 * 1024;
const partsOfSameSize = 1_000;

/** Milliseconds after which parts of an object that was never finished belong to nobody. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/** @param key of the folder, with or without a slash at the end */
export function s3Folder(bucket: string, key: string): OutputFolder {
  const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
  const name = `s3://${bucket}/${prefix}`.replace(/\/$/, "");
  return {
    name,
    async list(signal) {
      const sizes = new Map<string, number>();
      for await (const object of listObjects(bucket, prefix, signal)) {
        const file = object.key.slice(prefix.length);
        if (file !== "" && !file.includes("/")) sizes.set(file, object.size);
      }
      return sizes;
    },
    async open(file, signal) {
      return openObject({ bucket, ...(await headObject(bucket, prefix + file, signal)) }, signal);
    },
    create: async (file, signal) => new Upload(await openS3(), { bucket, key: prefix + file, signal }),
    async sweep(signal) {
      const { client, library } = await openS3();
      const sending = { ...(signal && { abortSignal: signal }) };
      const list = new library.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
      // Not everybody who may write may list uploads.
      const uploads = await client.send(list, sending).catch(() => undefined);
      signal?.throwIfAborted();
      for (const { Key, UploadId, Initiated } of uploads?.Uploads ?? []) {
        if (Initiated === undefined || Date.now() - Initiated.getTime() < abandonedAfter) continue;
        const abort = new library.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId });
        await client.send(abort, sending).catch(() => {});
      }
    },
  };
}

interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

class Upload implements NewFile {
  readonly #s3: S3;
  readonly #target: Target;
  /** The first part, kept until the end: its beginning is written last. */
  #first: Buffer | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #id: string | undefined;
  readonly #parts: CompletedPart[] = [];
  #sending: Promise<void> = Promise.resolve();
  #nextPart = 2;

  constructor(s3: S3, target: Target) {
    this.#s3 = s3;
    this.#target = target;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= this.#partBytes) await this.#endPart();
  }

  async overwriteStart(bytes: Uint8Array): Promise<void> {
    this.#first ??= this.#takePending();
    this.#first.set(bytes);
  }

  async finishFirst(): Promise<boolean> {
    const { bucket, key } = this.#target;
    const { library } = this.#s3;
    if (this.#id === undefined) {
      const Body = Buffer.concat([this.#first ?? new Uint8Array(), ...this.#pending]);
      const put = new library.PutObjectCommand({ Bucket: bucket, Key: key, Body, IfNoneMatch: "*" });
      return this.#isFirst(() => this.#send(put));
    }
    const last = this.#takePending();
    if (last.length > 0) await this.#startPart(this.#nextPart++, last);
    await this.#startPart(1, this.#first!);
    await this.#sending;
    const complete = new library.CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: this.#id,
      MultipartUpload: { Parts: this.#parts.toSorted((a, b) => a.PartNumber! - b.PartNumber!) },
      IfNoneMatch: "*",
    });
    const isFirst = await this.#isFirst(() => this.#send(complete));
    if (!isFirst) await this.abort();
    return isFirst;
  }

  async abort(): Promise<void> {
    const { bucket, key } = this.#target;
    if (this.#id === undefined) return;
    await this.#sending.catch(() => {});
    const command = new this.#s3.library.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: this.#id });
    // Without the signal: it may be what ended the work.
    await this.#s3.client.send(command).catch(() => {});
  }

  get #name(): string {
    return `s3://${this.#target.bucket}/${this.#target.key}`;
  }

  get #partBytes(): number {
    return partBytes * (1 + Math.floor(this.#nextPart / partsOfSameSize));
  }

  async #endPart(): Promise<void> {
    if (this.#first === undefined) {
      this.#first = this.#takePending();
      return;
    }
    if (this.#id === undefined) {
      const { bucket, key } = this.#target;
      const create = new this.#s3.library.CreateMultipartUploadCommand({ Bucket: bucket, Key: key });
      this.#id = (await requesting(this.#name, this.#send(create), this.#target.signal)).UploadId!;
    }
    await this.#startPart(this.#nextPart++, this.#takePending());
  }

  #takePending(): Buffer {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }

  /** Sends a part when the one before has arrived: else that one could be missing when the object is completed. */
  async #startPart(number: number, bytes: Buffer): Promise<void> {
    await this.#sending;
    const { bucket, key, signal } = this.#target;
    const command = new this.#s3.library.UploadPartCommand({
      Bucket: bucket,
      Key: key,
      UploadId: this.#id,
      PartNumber: number,
      Body: bytes,
    });
    this.#sending = requesting(this.#name, this.#send(command), signal).then(({ ETag }) => {
      this.#parts.push({ ETag, PartNumber: number });
    });
    // It is awaited before the next one.
    this.#sending.catch(() => {});
  }

  /** Runs the request that gives the object its name. @returns false where there is one already */
  async #isFirst(name: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await name();
        return true;
      } catch (cause) {
        const status = statusOf(cause);
        if (status === 412) return false;
        // Somebody else gives it that name in the same moment.
        if (status === 409 && attempt < 5) {
          if (await this.#isThere()) return false;
          continue;
        }
        // The answer to an attempt that was done all the same may have been lost.
        if (status === 404 && (await this.#isThere())) return false;
        if (status === 501) {
          const needs = "the object store has no conditional writes (If-None-Match), which keep writers apart";
          throw new HpdError("unsupported", `${this.#name}: ${needs}: use another, or a folder`, { cause });
        }
        return requesting(this.#name, Promise.reject(cause), this.#target.signal);
      }
    }
  }

  async #isThere(): Promise<boolean> {
    const { bucket, key, signal } = this.#target;
    return headObject(bucket, key, signal).then(
      () => true,
      () => false,
    );
  }

  get #send(): S3["client"]["send"] {
    const { client } = this.#s3;
    const { signal } = this.#target;
    // The client's overloads, of which each command has its own.
    return ((command: never) =>
      client.send(command, { ...(signal && { abortSignal: signal }) })) as S3["client"]["send"];
  }
}
