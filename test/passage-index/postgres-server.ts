/**
 * A PostgreSQL server of the tests' own: a new cluster in a temporary folder, reached by a socket in it, with a password,
 * gone when the tests are done. Its programs are looked for in `HPD_POSTGRES_BIN`, then where `pg_config` says, then on
 * PATH, then where Debian has them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";

export interface PostgresServer {
  /** Of the database `postgres`, by the owner of everything; whatever is added has to follow a `&`. */
  readonly url: string;
  readonly password: string;
  /** The version of pgvector that can be created in a database. */
  readonly pgvector: string;
  stop(): Promise<void>;
}

const password = "p@ss word/1";

/** @returns why there is none, for the line that says that tests were skipped */
export async function startPostgres(): Promise<PostgresServer | string> {
  const programs = findPrograms();
  if (programs === undefined) return "no PostgreSQL server is installed (HPD_POSTGRES_BIN is the folder of initdb)";
  if (!mayHaveVector(programs)) return withoutVector(programs);
  const user = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), "hpd-pg-"));
  const owner = { cwd: folder, ...user };
  writeFileSync(join(folder, "password"), password);
  for (const path of [folder, join(folder, "password")]) if (user !== undefined) chownSync(path, user.uid, user.gid);
  const data = join(folder, "data");
  execFileSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "hpd", "-A", "scram-sha-256", "--pwfile", join(folder, "password"), "-E", "UTF8"].concat([
      "--locale=C.UTF-8",
      "--no-sync",
    ]),
    { ...owner, stdio: "pipe" },
  );
  // Nothing of it has to outlive a crash of the machine.
  const settings = ["listen_addresses=", `unix_socket_directories=${folder}`, "fsync=off", "full_page_writes=off"];
  const server = spawn(join(programs, "postgres"), ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], {
    ...owner,
    stdio: "ignore",
  });
  const stop = async () => {
    process.off("exit", abandon);
    if (server.exitCode === null) {
      server.kill("SIGINT");
      await once(server, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const abandon = () => {
    server.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  const url = `postgres://hpd:${encodeURIComponent(password)}@/postgres?host=${encodeURIComponent(folder)}`;
  const pgvector = await availableVersion(url, server).catch(async (error) => {
    await stop();
    throw error;
  });
  if (pgvector !== undefined) return { url, password, pgvector, stop };
  await stop();
  return withoutVector(programs);
}

const withoutVector = (programs: string) => `${programs}: the extension pgvector is not installed for this server`;

/** Whether its extension lies there, as far as `pg_config` says where: a server takes a second to start. */
function mayHaveVector(programs: string): boolean {
  try {
    const folder = execFileSync(join(programs, "pg_config"), ["--sharedir"], { encoding: "utf8" }).trim();
    return existsSync(join(folder, "extension/vector.control"));
  } catch {
    return true;
  }
}

function findPrograms(): string | undefined {
  const isThere = (folder: string) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"));
  const { HPD_POSTGRES_BIN: named, PATH = "" } = process.env;
  if (named !== undefined) {
    if (isThere(named)) return named;
    throw new Error(`HPD_POSTGRES_BIN=${named} has no initdb and postgres`);
  }
  return [...configured(), ...PATH.split(delimiter), ...globSync("/usr/lib/postgresql/*/bin")].find(isThere);
}

function configured(): string[] {
  try {
    return [execFileSync("pg_config", ["--bindir"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()];
  } catch {
    return [];
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string, name: string) =>
    Number(execFileSync("id", [option, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: id("-u", name), gid: id("-g", name) };
    } catch {}
  }
  throw new Error("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody");
}

/** Waits until the server answers. */
async function availableVersion(url: string, server: ChildProcess): Promise<string | undefined> {
  for (;;) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      const { rows } = await client.query("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'");
      return rows[0]?.default_version;
    } catch (error) {
      if (server.exitCode !== null) throw new Error("PostgreSQL did not start", { cause: error });
      await delay(50);
    } finally {
      await client.end();
    }
  }
}
