/** Places of files: a path of this machine, a URL of a web server, or a bucket of an object store. */
import { redactPasswords } from "../common/redact.ts";
import { HpdError } from "../errors.ts";

export type Location =
  | { readonly kind: "disk"; readonly path: string }
  | { readonly kind: "web"; readonly url: string }
  /** `key` is a prefix that ends in a slash where a folder is meant; empty for the bucket as a whole. */
  | { readonly kind: "s3"; readonly bucket: string; readonly key: string };

/** @throws HpdError `invalid_argument` for a URL that is none, has a password, or is signed */
export function parseLocation(text: string): Location {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "disk", path: text };
  if (scheme === "s3") return parseS3(text);
  const shown = JSON.stringify(redactPasswords(text.split("?")[0]!));
  if (scheme !== "https" && scheme !== "http") {
    throw new HpdError("invalid_argument", `expected a path, https:// or s3://, got ${shown}`);
  }
  if (!URL.canParse(text)) throw new HpdError("invalid_argument", `expected a URL, got ${shown}`);
  const url = new URL(text);
  const isSigned = [...url.searchParams.keys()].some((name) => /^(?:x-amz-.*|signature|sig|token)$/i.test(name));
  if (url.username !== "" || url.password !== "" || isSigned) {
    throw new HpdError(
      "invalid_argument",
      `${shown} has a password or a signature in it, which would be written down for other machines: ` +
        "use s3:// with credentials in the environment, or a URL that is open to all",
    );
  }
  return { kind: "web", url: url.href };
}

function parseS3(text: string): Location {
  const [, bucket, key = ""] = /^s3:\/\/([a-z0-9][a-z0-9._-]+)(?:\/([^?#\0]*))?$/i.exec(text) ?? [];
  const parts = key.replace(/\/$/, "").split("/");
  if (bucket === undefined || (key !== "" && parts.some((part) => part === "" || part === "." || part === ".."))) {
    const shown = JSON.stringify(redactPasswords(text));
    const advice = text.includes("@")
      ? "; credentials are taken from the environment, AWS_ACCESS_KEY_ID and so on"
      : "";
    throw new HpdError("invalid_argument", `expected s3://bucket/path, got ${shown}${advice}`);
  }
  return { kind: "s3", bucket, key };
}
