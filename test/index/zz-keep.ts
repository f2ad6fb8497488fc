import { startPostgres } from "/work/main/test/index/postgres-server.ts";
import { writeFileSync } from "node:fs";
const s = await startPostgres(); if (typeof s === "string") throw s;
writeFileSync("/tmp/keep.url", s.url);
process.on("SIGTERM", () => void s.stop().then(() => process.exit()));
setTimeout(() => void s.stop().then(() => process.exit()), 70 * 60_000);
