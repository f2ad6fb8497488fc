/**
 * The client of object stores, Amazon's own, loaded when it is needed. Credentials, region and endpoint come from where its
 * other tools have them: environment, ~/.aws, the role of the machine.
 */
import { createRequire } from "node:module";
import type { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { HpdError } from "../errors.ts";
import { requireInstalled } from "../files/package-file.ts";

export type S3Library = typeof import("@aws-sdk/client-s3");

export interface S3 {
  readonly library: S3Library;
  readonly client: S3Client;
}

/** Tries of a request: with the client's waits between them, throttling may last a minute. */
const maxAttempts = 10;

/** Limits that only tests change. */
export const s3Limits = {
  /**
   * Milliseconds without a byte after which a request is tried again. The client's `requestTimeout` would only write a
   * warning; and it counts the whole time, which a large part needs on a slow line.
   */
  silence: 120_000,
};

let opened: Promise<S3> | undefined;

/** @throws HpdError `not_found` where the package isn't installed */
export function openS3(): Promise<S3> {
  opened ??= loadS3();
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
}

async function loadS3(): Promise<S3> {
  let library: S3Library;
  try {
    // By `require`: esbuild can't put CommonJS, as this is in Node, into a bundle of ES modules.
    library = requireInstalled<S3Library>("@aws-sdk/client-s3", () => {
      const require = createRequire(import.meta.url);
      return require("@aws-sdk/client-s3");
    });
  } catch (cause) {
    throw new HpdError("not_found", "s3:// needs a package that isn't installed: npm install @aws-sdk/client-s3", {
      cause,
    });
  }
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined;
  const region = AWS_REGION || AWS_DEFAULT_REGION || undefined;
  const client = new library.S3Client({
    maxAttempts,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: s3Limits.silence },
    ...(endpoint !== undefined && {
      endpoint,
      // Names of buckets are no names of hosts there.
      forcePathStyle: true,
      // Servers other than Amazon's mostly have no regions, and the name has to be signed.
      region: region ?? "us-east-1",
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
    ...(endpoint === undefined && region !== undefined && { region }),
  });
  return { library, client };
}

/** The HTTP status of a refusal; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  return (error as Partial<S3ServiceException>).$metadata?.httpStatusCode;
}

/**
 * Runs a request.
 *
 * @param name of the object or bucket, for messages
 * @throws HpdError `unauthorized`, `not_found`, `network`; the signal's reason
 */
export async function requesting<T>(name: string, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof HpdError ? cause : asHpdError(name, cause as Error);
  }
}

function asHpdError(name: string, cause: Error): HpdError {
  const status = statusOf(cause);
  const detail = `${cause.name}: ${cause.message}`.split("\n")[0]!.slice(0, 300);
  if (/Credentials|Token/.test(cause.name) || status === 401 || status === 403) {
    const advice =
      "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION or the profile, and that they may do " +
      "s3:ListBucket, s3:GetObject and s3:PutObject there";
    return new HpdError("unauthorized", `${name}: access was refused (${detail}): ${advice}`, { cause });
  }
  if (cause.name === "NoSuchBucket") return new HpdError("not_found", `${name}: there is no such bucket`, { cause });
  if (status === 404) return new HpdError("not_found", `${name} isn't there`, { cause });
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL;
  const where = endpoint ? ` at ${endpoint}` : "";
  return new HpdError(
    "network",
    `${name}: the object store${where} couldn't be asked (${detail}): try again; what is done is kept`,
    { cause },
  );
}
