/**
 * An index in an object store: `s3://bucket/path` of whatever speaks S3, `gs://bucket/path` of Google Cloud. Beside the table of passages there is one of a single
 * row, the description and the lease of the writer, which is made last: the index is there once it is.
 *
 * Credentials, region and endpoint are those of the environment, as for the tools of AWS and of Google.
 */
import { HpdError } from "../../errors.ts";
import { type IndexDescription, parseDescription } from "../description.ts";
import type { IndexLocation } from "../store.ts";
import { passageFields } from "./columns.ts";
import { tableName } from "./description-file.ts";
import type { LanceHome } from "./home.ts";
import { plainLanceError } from "./lance-error.ts";
import { LanceStore } from "./lance-store.ts";
import { takeLease } from "./lease.ts";
import { type LanceDB, type Libraries, loadLanceDB } from "./load-lancedb.ts";
import { requireStorable } from "./requirements.ts";

const descriptionTable = "description";

/** Milliseconds for which versions are kept: servers elsewhere may be reading one. */
const keptMilliseconds = 60 * 60 * 1000;

export function isObjectLocation(location: string): boolean {
  return /^(?:s3|gs):\/\//i.test(location);
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

/** The variables of the environment that have a service's credentials, for messages. */
const credentials = {
  s3: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION",
  gs: "GOOGLE_APPLICATION_CREDENTIALS",
} as const;

type Service = keyof typeof credentials;

function serviceOf(location: string): Service {
  return /^gs:/i.test(location) ? "gs" : "s3";
}

/** @returns the location, which holds no secret */
function parseLocation(location: string): string {
  const service = serviceOf(location);
  const expected = `expected an index in a bucket as in ${service}://bucket/path/notes.index`;
  if (/@/.test(location)) {
    throw new HpdError(
      "invalid_argument",
      `${expected}, got one with @: credentials are taken from the environment, ${credentials[service]}`,
    );
  }
  const [, bucket, path] = /^..:\/\/([a-z0-9][a-z0-9._-]+)\/([^?#\0]+?)\/*$/i.exec(location) ?? [];
  if (bucket === undefined || path === undefined || path.split("/").some((part) => part === "" || /^\.+$/.test(part))) {
    throw new HpdError("invalid_argument", `${expected}, got ${JSON.stringify(location)}`);
  }
  return `${service}://${bucket}/${path}`;
}

function connect({ lancedb }: Libraries, name: string): Promise<LanceDB.Connection> {
  const storageOptions = { connectTimeout: "10s", clientMaxRetries: "3", ...serviceOptions[serviceOf(name)]() };
  return lancedb.connect(name, { readConsistencyInterval: 0, storageOptions });
}

/** Options of the environment that LanceDB doesn't take by itself. */
const serviceOptions: Record<Service, () => Record<string, string>> = {
  s3() {
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_ENDPOINT, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || AWS_ENDPOINT;
    if (!endpoint) return {};
    return {
      endpoint,
      allowHttp: String(endpoint.startsWith("http://")),
      // Servers other than Amazon's mostly have none, and the name has to be signed.
      ...(!AWS_REGION && !AWS_DEFAULT_REGION && { region: "us-east-1" }),
    };
  },
  gs() {
    const emulator = process.env.STORAGE_EMULATOR_HOST;
    // Or it would take BASE_URL, which many programs have for something else.
    if (!emulator) return { googleBaseUrl: "https://storage.googleapis.com" };
    const anyone = { disable_oauth: true, client_email: "", private_key: "", private_key_id: "" };
    return {
      googleBaseUrl: emulator.includes("://") ? emulator : `http://${emulator}`,
      googleServiceAccountKey: JSON.stringify(anyone),
      allowHttp: "true",
    };
  },
};

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
    if (error.message.startsWith(`Table '${name}' was not found`)) return undefined;
    throw error;
  });
}

async function translated<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    const { message } = cause as Error;
    // Those before it have the path of the index, in which there may be any word.
    const last = message.split("Caused by: ").at(-1)!;
    const reason = plainLanceError(new Error(last)).message;
    if (/NoSuchBucket|bucket does not exist/i.test(last)) {
      throw new HpdError("not_found", `${name}: there is no such bucket`, { cause });
    }
    if (/status code: 40[13]|credential/i.test(last) || message.includes("token request")) {
      const problem = `${name}: access was refused (${reason}): check ${credentials[serviceOf(name)]}`;
      throw new HpdError("unauthorized", problem, { cause });
    }
    throw new HpdError("network", `${name}: the object store couldn't be asked: ${reason}`, { cause });
  }
}
