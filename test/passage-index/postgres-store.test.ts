/** The contract of stores over a real PostgreSQL server, and what only that one can get wrong. */
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import type { IndexDescription } from "../../src/passage-index/description.ts";
import { conditionsOf } from "../../src/passage-index/filter.ts";
import { buildIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { postgresLocation } from "../../src/passage-index/postgres/location.ts";
import { vectorColumn } from "../../src/passage-index/postgres/schema.ts";
import { semanticSearch } from "../../src/search/semantic-search.ts";
import { startHpd } from "../cli/hpd-process.ts";
import { describeServer } from "../describe-server.ts";
import { fixture } from "../encode/model-folder.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";
import { describeStore } from "./store-contract.ts";
import { description, partOf, randomEmbeddings, whole } from "./store-data.ts";

test.each(["postgres://hpd:secret@host:port/", "postgres://%zz:secret@", "mysql://hpd:secret@host/db"])(
  "a password doesn't get into the message of what is wrong with a location: %s",
  (url) => {
    try {
      postgresLocation(url);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_argument" });
      expect(inspect(error)).not.toContain("secret");
    }
  },
);

test.each([
  ["postgres://me:secret@db.example:5433/notes", "PostgreSQL db.example:5433/notes, schema hpd"],
  ["postgresql://me:secret@[::1]/notes?schema=my%20notes&sslmode=disable", "PostgreSQL [::1]/notes, schema my notes"],
  ["postgres://me:secret@/notes?host=/run/postgresql", "PostgreSQL /run/postgresql/notes, schema hpd"],
  ["postgres://me:secret@%2Frun%2Fpostgresql/notes", "PostgreSQL /run/postgresql/notes, schema hpd"],
])("the name of %s has no password", (url, name) => {
  expect(postgresLocation(url).name).toBe(name);
});

test("a server that isn't there is a matter of the network", async () => {
  const error = await postgresLocation("postgres://hpd:secret@127.0.0.1:1/db")
    .open("read")
    .catch((error) => error);
  expect(error).toMatchObject({ code: "network", message: expect.stringContaining("127.0.0.1:1/db") });
  expect(inspect(error, { depth: 9 })).not.toContain("secret");
});

await describeServer("PostgreSQL", startPostgres, testOn);

function testOn(server: PostgresServer): void {
  let schemas = 0;
  const newUrl = () => `${server.url}&schema=index${++schemas}`;
  const sql = async (text: string, url = server.url) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };

  describeStore("PostgreSQL", async () => postgresLocation(newUrl()));

  describe("PostgreSQL alone", () => {
    test("a wrong password, a missing database: said, without the password", async () => {
      const wrong = server.url.replace(/:[^:@]+@/, ":wrong-secret@");
      const missing = server.url.replace("/postgres?", "/missing?");
      for (const [url, code] of [
        [wrong, "unauthorized"],
        [missing, "not_found"],
      ] as const) {
        const error = await postgresLocation(url)
          .create(description)
          .catch((error) => error);
        expect(error).toMatchObject({ code });
        const shown = inspect(error, { depth: 9 });
        for (const secret of ["wrong-secret", server.password, encodeURIComponent(server.password)]) {
          expect(shown).not.toContain(secret);
        }
      }
    });

    test.each([
      ["float32", "cosine", "vector(8)"],
      ["float32", "dot", "vector(8)"],
      ["float32", "euclidean", "vector(8)"],
      ["int8", "dot", "halfvec(8)"],
      ["int8", "euclidean", "halfvec(8)"],
      ["binary", "cosine", "bit(8)"],
    ] as const)("%s and %s are %s, whose index serves the distance", async (precision, similarity, type) => {
      const ofKind = { ...description, precision, similarity };
      await using store = await postgresLocation(newUrl()).create(ofKind);
      await store.update({ parts: [partOf("a", 0, ["one", "two"])], removed: [] });
      const passages = `index${schemas}.passages`;
      const columns = await sql(
        `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
          WHERE attrelid = '${passages}'::regclass AND attname = 'embedding'`,
      );
      expect(columns).toEqual([{ type }]);
      const { operatorClass, distance } = vectorColumn(ofKind, "public");
      await sql(`CREATE INDEX ON ${passages} USING hnsw (embedding ${operatorClass})`);
      await sql("ALTER ROLE hpd SET enable_seqscan = off");
      const plan = await sql(
        `EXPLAIN SELECT id FROM ${passages}
          ORDER BY embedding ${distance} (SELECT embedding FROM ${passages} LIMIT 1) LIMIT 1`,
      );
      await sql("ALTER ROLE hpd RESET enable_seqscan");
      expect(JSON.stringify(plan)).toContain("passages_embedding_idx");
    });

    test("an HNSW index finds nearly all of the nearest, and with a filter as many as there are", async () => {
      const dimension = 16;
      const count = 10_500;
      await using store = await postgresLocation(newUrl()).create({ ...description, dimension });
      const embeddings = randomEmbeddings(count, dimension, true);
      const part = partOf(
        "a",
        0,
        Array.from({ length: count }, (_, index) => `${index}`),
      );
      const passages = part.passages.map((passage, index) => ({ ...passage, metadata: { rest: index % 1000 } }));
      const indexes = () =>
        sql(`SELECT FROM pg_indexes WHERE schemaname = 'index${schemas}' AND indexdef LIKE '%hnsw%'`);
      await store.update({
        parts: [{ ...partOf("b", 0, ["one"]), embeddings: randomEmbeddings(1, dimension, true) }],
        removed: [],
      });
      await store.optimize();
      expect((await indexes()).length).toBe(0);
      await store.update({ parts: [{ ...part, passages, embeddings }], removed: [{ file: "b", part: 0 }] });
      await store.optimize();
      expect((await indexes()).length).toBe(1);
      const queries = randomEmbeddings(50, dimension, true, 1);
      const exact = await semanticSearch(queries, embeddings, { topK: 10 });
      let found = 0;
      for (const [index, query] of [...queries].entries()) {
        const hits = await store.searchVector(query, { topK: 10, conditions: [] });
        const ids = new Set(exact[index]!.map(({ corpusId }) => `${corpusId}`));
        found += hits.filter(({ passage }) => ids.has(passage.text)).length;
      }
      expect(found / 500).toBeGreaterThan(0.95);
      const rare = await store.searchVector(queries.row(0), { topK: 20, conditions: conditionsOf({ rest: 7 }) });
      expect(rare.map(({ passage }) => Number(passage.text) % 1000)).toEqual(Array(11).fill(7));
      // More than an HNSW search can hold.
      const many = await store.searchVector(queries.row(0), { topK: 3000, conditions: [] });
      expect(new Set(many.map(({ passage }) => passage.id)).size).toBe(3000);
    }, 120_000);

    test("a connection that is lost leaves nothing half done, says so, and others may write", async () => {
      const url = newUrl();
      const store = await postgresLocation(url).create(description);
      const before = partOf("a", 0, ["one"]);
      await store.update({ parts: [before], removed: [] });
      const texts = Array.from({ length: 20_000 }, (_, index) => `text ${index}`);
      const parts = [partOf("b", 0, texts)];
      const update = store.update({ parts, removed: [{ file: "a", part: 0 }] });
      const failed = expect(update).rejects.toMatchObject({ code: "network" });
      // Once it is inserting.
      for (let ended = 0; ended === 0; ) {
        const rows = await sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE query LIKE 'INSERT INTO "index${schemas}".passages%' AND pid <> pg_backend_pid()`,
        );
        ended = rows.length;
      }
      await failed;
      await expect(store.update({ parts: [], removed: [] })).rejects.toMatchObject({ code: "network" });
      // Reading goes on, by another connection.
      expect((await whole(store)).parts).toMatchObject([{ file: "a", part: 0 }]);
      const next = (await postgresLocation(url).open("write"))!;
      await next.update({ parts: [partOf("c", 0, ["two"])], removed: [] });
      expect(await next.count()).toBe(2);
      await Promise.all([next.dispose(), store.dispose()]);
    });

    test("a passage that is in the index already undoes the update", async () => {
      await using store = await postgresLocation(newUrl()).create(description);
      await store.update({ parts: [partOf("a", 0, ["one"])], removed: [] });
      const clash = { ...partOf("b", 0, ["two"]), passages: partOf("a", 0, ["two"]).passages };
      await expect(store.update({ parts: [clash], removed: [] })).rejects.toMatchObject({ code: "invalid_argument" });
      expect(await store.count()).toBe(1);
    });

    test("an index that was deleted, and one of another model or precision in its place, are not read as the one before", async () => {
      const url = newUrl();
      const drop = () => sql(`DROP SCHEMA index${schemas} CASCADE`);
      const make = async (made: IndexDescription) => {
        await using store = await postgresLocation(url).create(made);
        await store.update({ parts: [partOf("a", 0, ["one", "two"])], removed: [] });
      };
      await make(description);
      await using store = (await postgresLocation(url).open("read"))!;
      const query = new Float32Array(8).fill(0.1);
      const options = { topK: 5, conditions: [] };
      const reads = [
        () => store.searchVector(query, options),
        () => store.searchText("one", options),
        () => store.embeddings(["a:0:0"]),
        () => store.parts(),
        () => store.filesWith(conditionsOf({ length: 3 })),
        () => store.fields(),
        () => store.count(),
      ];
      const gone = (now: string) => ({
        code: "not_found",
        message: expect.stringMatching(new RegExp(`was deleted since it was opened, ${now} there now: open it again$`)),
      });
      await drop();
      for (const read of reads) await expect(read()).rejects.toMatchObject(gone("none is"));
      for (const [other, now] of [
        [{ ...description, model: { ...description.model, fingerprint: "another" } }, "one of a model in float32 is"],
        [{ ...description, precision: "binary" }, "one of a model in binary is"],
      ] as const) {
        await make(other);
        for (const read of reads) await expect(read()).rejects.toMatchObject(gone(now));
        await drop();
      }
      await make(description);
      for (const read of reads) await read();
    });

    test("a schema with tables of others is left alone", async () => {
      const url = newUrl();
      await sql(`CREATE SCHEMA index${schemas}; CREATE TABLE index${schemas}.passages (mine text)`);
      for (const work of [postgresLocation(url).open("read"), postgresLocation(url).create(description)]) {
        await expect(work).rejects.toMatchObject({ code: "invalid_argument" });
      }
      expect(await sql(`SELECT * FROM index${schemas}.passages`)).toEqual([]);
    });

    test("any name is a schema's, and only that", async () => {
      const name = `it's "x"; DROP TABLE y -- ${"ä".repeat(3)}`;
      const location = postgresLocation(`${server.url}&schema=${encodeURIComponent(name)}`);
      const parts = [partOf("a", 0, ["one word"])];
      await using store = await location.create(description);
      await store.update({ parts, removed: [] });
      await store.optimize();
      expect((await store.searchText("words", { topK: 1, conditions: [] })).length).toBe(1);
      expect(await sql(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'it''s%'`)).toEqual([{ nspname: name }]);
    });

    test("the extension may be in another schema, the user without rights but to schemas of his own", async () => {
      await sql("CREATE DATABASE other");
      const other = server.url.replace("/postgres?", "/other?");
      await sql(
        `CREATE SCHEMA "My ""ext"""; CREATE EXTENSION vector SCHEMA "My ""ext"""; GRANT USAGE ON SCHEMA "My ""ext""" TO PUBLIC;
          CREATE ROLE guest LOGIN PASSWORD 'guest'; CREATE SCHEMA given AUTHORIZATION guest`,
        other,
      );
      const asGuest = `${other.replace(/\/\/[^@]+@/, "//guest:guest@")}&schema=`;
      await expect(postgresLocation(`${asGuest}denied`).create(description)).rejects.toMatchObject({
        code: "unauthorized",
      });
      await using store = await postgresLocation(`${asGuest}given`).create(description);
      await store.update({ parts: [partOf("a", 0, ["one", "two"])], removed: [] });
      await store.optimize();
      expect((await whole(store)).passages.length).toBe(2);
    });

    test("who may write, but isn't the owner, makes no indexes", async () => {
      const url = newUrl();
      await (await postgresLocation(url).create(description)).dispose();
      const schema = `index${schemas}`;
      await sql(
        `CREATE ROLE writer LOGIN PASSWORD 'word'; GRANT USAGE ON SCHEMA ${schema} TO writer;
          GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO writer`,
      );
      await using store = (await postgresLocation(url.replace(/\/\/[^@]+@/, "//writer:word@")).open("write"))!;
      await store.update({ parts: [partOf("a", 0, ["one", "two"])], removed: [] });
      await store.optimize();
      expect((await whole(store)).passages.length).toBe(2);
      expect(await sql(`SELECT to_regclass('${schema}.passages_words') AS words`)).toEqual([{ words: null }]);
    });

    test("an older pgvector is refused", async () => {
      await sql("CREATE DATABASE old");
      const old = server.url.replace("/postgres?", "/old?");
      await sql("CREATE EXTENSION vector; UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'", old);
      await expect(postgresLocation(old).create(description)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("0.7.4"),
      });
      expect(await postgresLocation(old).open("read")).toBeUndefined();
    });

    test("hpd serve ends when it is told to, also while the database answers nothing", async () => {
      const url = newUrl();
      await buildIndex(["biome.json"], { out: url, model: fixture("bert") });
      const args = [
        "serve",
        "--index",
        `notes=${url}`,
        "--port",
        "0",
        "--workers",
        "1",
        "--json",
        "--drain-timeout",
        "1",
      ];
      const child = startHpd(args);
      const exited = once(child, "exit");
      const [line] = await once(createInterface(child.stdout), "line");
      const holder = new Client({ connectionString: server.url });
      await holder.connect();
      try {
        await holder.query(`BEGIN; LOCK TABLE index${schemas}.passages`);
        const body = JSON.stringify({ query: "files", mode: "text" });
        const asked = fetch(`${JSON.parse(line).url}/search`, { method: "POST", body }).catch(() => "cut off");
        const waits = () => sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        await expect.poll(waits).toHaveLength(1);
        child.kill("SIGTERM");
        expect(await exited).toEqual([0, null]);
        expect(await asked).toBe("cut off");
      } finally {
        child.kill("SIGKILL");
        await holder.end();
      }
    }, 60_000);

    test("files are indexed and searched by the same calls as in a folder", async () => {
      const out = newUrl();
      const options = { out, model: fixture("bert") };
      const report = await buildIndex(["LICENSE"], options);
      expect(report.passages).toBeGreaterThan(10);
      expect(JSON.stringify(report)).not.toContain(encodeURIComponent(server.password));
      for (const typed of ["LICENSE", "./src/../LICENSE", resolve("LICENSE")]) {
        expect(await buildIndex([typed], options)).toMatchObject({ embedded: 0, unchangedFiles: 1, removed: [] });
      }
      await expect(buildIndex(["biome.json"], options)).rejects.toMatchObject({ code: "invalid_argument" });
      await using index = await PassageIndex.open(out);
      const [hit] = await index.search("Grant of Patent License", { mode: "text" });
      expect(hit).toMatchObject({
        file: resolve("LICENSE"),
        path: resolve("LICENSE"),
        text: expect.stringContaining("Patent"),
      });
      expect((await index.search("patent")).length).toBe(10);
    });
  });
}
