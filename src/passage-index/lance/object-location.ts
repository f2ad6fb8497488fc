/**
 * An index in an object store that speaks S3: `s3://bucket/path`. Beside the table of passages there is one of a single
 * row, the description and the lease of the writer, which is made last: the index is there once it is.
 *
 * Credentials, region and endpoint are those of the environment, as for the tools of AWS.
 */
import { HpdError } from "../../errors.ts";
import { type IndexDescription, parseDescription } from "../description.ts";
import type { IndexLocation } from "../store.ts";
import { passageFields } from "./columns.ts";
import { tableName } from "./description-file.ts";
import type { LanceHome } from "./home.ts";
import { LanceStore } from "./lance-store.ts";
import { takeLease } from "./lease.ts";
import { type LanceDB, type Libraries, loadLanceDB } from "./load-lancedb.ts";
import { requireStorable } from "./requirements.ts";

const descriptionTable = "description";

/** Milliseconds for which versions are kept: servers elsewhere may be reading one. */
const keptMilliseconds = 60 * 60 * 1000;

export function isObjectLocation(location: string): boolean {
  return /^s3:\/\//i.test(location);
}

/** @throws HpdError `invalid_argument` for a location without a path, or with credentials, which aren't shown */
export function objectLocation(location: string): IndexLocation {
  const name = parseLocation(location);
  return {
    name,
    // Nothing lies beside it: files have their whole paths.
    base: async () => undefined,
    open: (access) =>
      translated(name, async () => {
        const libraries = loadLanceDB();
        const connection = await connect(libraries, name);
        const description = await openTable(connection, descriptionTable);
        if (description === undefined) return undefined;
        const lease = access === "write" ? await takeLease(description, name) : undefined;
        try {
          const table = await openTable(connection, tableName);
          if (table === undefined) throw new HpdError("corrupt_file", `${name}: the table of passages is not there`);
          const home = homeOf(name, description, lease);
          return new LanceStore({ libraries, table, description: await readDescription(description, name), home });
        } catch (error) {
          await lease?.[Symbol.asyncDispose]();
          throw error;
        }
      }),
    create: (description) =>
      translated(name, async () => {
        requireStorable(name, description);
        const libraries = loadLanceDB();
        const connection = await connect(libraries, name);
        if ((await openTable(connection, descriptionTable)) !== undefined) {
          throw new HpdError("invalid_argument", `${name}: there is an index already`);
        }
        const schema = new libraries.arrow.Schema(passageFields(libraries.arrow, description));
        const table = await connection.createEmptyTable(tableName, schema, { mode: "overwrite" });
        await LanceStore.createTextIndex(libraries, table);
        const row = { json: JSON.stringify(description), writer: "", until: 0 };
        const described = await connection.createTable(descriptionTable, [row], { mode: "create" });
        const lease = await takeLease(described, name);
        return new LanceStore({ libraries, table, description, home: homeOf(name, described, lease) });
      }),
  };
}

/** @returns the location, which holds no secret */
function parseLocation(location: string): string {
  const expected = "expected an index in a bucket as in s3://bucket/path/notes.index";
  if (/@/.test(location)) {
    throw new HpdError(
      "invalid_argument",
      `${expected}, got one with @: credentials are taken from the environment, AWS_ACCESS_KEY_ID and so on`,
    );
  }
  const [, bucket, path] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/([^?#\0]+?)\/*$/i.exec(location) ?? [];
  if (bucket === undefined || path === undefined || path.split("/").some((part) => part === "" || /^\.+$/.test(part))) {
    throw new HpdError("invalid_argument", `${expected}, got ${JSON.stringify(location)}`);
  }
  return `s3://${bucket}/${path}`;
}

function connect({ lancedb }: Libraries, name: string): Promise<LanceDB.Connection> {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_ENDPOINT, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || AWS_ENDPOINT || undefined;
  return lancedb.connect(name, {
    readConsistencyInterval: 0,
    storageOptions: {
      connectTimeout: "10s",
      clientMaxRetries: "3",
      ...(endpoint !== undefined && { endpoint, allowHttp: String(endpoint.startsWith("http://")) }),
      // Servers other than Amazon's mostly have none, and the name has to be signed.
      ...(endpoint !== undefined && !AWS_REGION && !AWS_DEFAULT_REGION && { region: "us-east-1" }),
    },
  });
}

function homeOf(name: string, table: LanceDB.Table, lock: LanceHome["lock"]): LanceHome {
  return {
    name,
    lock,
    keptMilliseconds,
    async keepDescription(description) {
      await table.update({ values: { json: JSON.stringify(description) } });
    },
  };
}

async function readDescription(table: LanceDB.Table, name: string): Promise<IndexDescription> {
  const rows: { json: string }[] = await table.query().select(["json"]).limit(1).toArray();
  return parseDescription(rows[0]?.json ?? "null", name);
}

/** @returns undefined if there is no such table */
async function openTable(connection: LanceDB.Connection, name: string): Promise<LanceDB.Table | undefined> {
  return connection.openTable(name).catch((error: Error) => {
    if (/was not found|not found: /i.test(error.message.split("\n")[0]!) && !/bucket/i.test(error.message)) {
      return undefined;
    }
    throw error;
  });
}

async function translated<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    const { message } = cause as Error;
    const code = codeOf(message);
    const hint =
      code === "unauthorized" ? "access was refused: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION: " : "";
    throw new HpdError(code, `${name}: ${hint}${message.split("\n")[0]}`, { cause });
  }
}

function codeOf(message: string): HpdError["code"] {
  if (/NoSuchBucket|bucket.{0,40}(?:not exist|not found)/i.test(message)) return "not_found";
  if (/AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|credential|40[13]/i.test(message)) return "unauthorized";
  return "network";
}
