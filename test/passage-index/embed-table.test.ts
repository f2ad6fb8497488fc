/** A column of a table in PostgreSQL, embedded: new rows, changed ones, other models, kills. */
import { Client } from "pg";
import { afterAll, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { type EmbedTableOptions, embedTable } from "../../src/passage-index/index.ts";
import { runHpd } from "../cli/run-hpd.ts";
import { describeServer } from "../describe-server.ts";
import { otherModel, tinyModel } from "./notes.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

test("options are checked before anything is opened", async () => {
  const good = { database: "postgres://me:secret@127.0.0.1:1/db", table: "t", column: "c" };
  const refused = (changes: object) => embedTable({ ...good, ...changes } as EmbedTableOptions);
  await expect(refused({ type: "bit" })).rejects.toThrow(/type should be one of vector, halfvec/);
  await expect(refused({ batchRows: 0 })).rejects.toThrow(/batchRows/);
  await expect(refused({ table: "" })).rejects.toThrow(/table should be a name/);
  await expect(refused({ database: "mysql://a" })).rejects.toThrow(/postgres:\/\/user@host/);
  await expect(refused({ colunm: "x" })).rejects.toThrow(/no option "colunm" \(did you mean column\?\)/);
  await expect(refused({})).rejects.toMatchObject({ code: "network", message: expect.not.stringContaining("secret") });
});

await describeServer("PostgreSQL", startPostgres, testOn);

function testOn(server: PostgresServer): void {
  const client = new Client({ connectionString: server.url });
  const ready = client.connect();
  afterAll(() => client.end(), 60_000);
  const sql = async (text: string, values: unknown[] = []) => {
    await ready;
    return (await client.query(text, values)).rows;
  };
  const embed = (table: string, changes: Partial<EmbedTableOptions> = {}) =>
    embedTable({ database: server.url, table, column: "body", model: tinyModel, load: { workers: 0 }, ...changes });
  const numbersOf = async (table: string) =>
    new Map(
      (await sql(`SELECT id, embedding::real[] AS numbers FROM ${table}`)).map(({ id, numbers }) => [id, numbers]),
    );

  test("only what is new, changed or another model's is embedded", { timeout: 120_000 }, async () => {
    await sql("CREATE TABLE articles (id integer PRIMARY KEY, body text, other text)");
    await sql(
      "INSERT INTO articles SELECT i, 'Article ' || i || ' on fruit.', 'kept' FROM generate_series(1, 25) AS i",
    );
    await sql("INSERT INTO articles VALUES (26, NULL), (27, '')");
    const seen: number[] = [];
    const first = await embed("articles", { batchRows: 10, onProgress: ({ done }) => seen.push(done) });
    expect(first).toMatchObject({ rows: 26, embedded: 26, cleared: 0, dimension: 8 });
    expect(first.table).toMatch(/^PostgreSQL .*, table articles$/);
    expect(first.table).not.toContain(server.password);
    expect(seen).toEqual([0, 10, 20, 26]);
    await using model = await SentenceTransformer.load(tinyModel, { workers: 0 });
    const numbers = await numbersOf("articles");
    expect(numbers.get(26)).toBeNull();
    const expected = await model.encodeDocument(["Article 7 on fruit."], { normalizeEmbeddings: true });
    for (const [at, value] of numbers.get(7).entries()) expect(value).toBeCloseTo(expected.row(0)[at]!, 5);
    const [nearest] = await sql("SELECT id FROM articles ORDER BY embedding <=> $1::vector LIMIT 1", [
      `[${[...expected.row(0)]}]`,
    ]);
    expect(nearest).toEqual({ id: 7 });

    expect(await embed("articles")).toMatchObject({ embedded: 0, cleared: 0 });
    await sql("UPDATE articles SET body = 'Changed.' WHERE id = 3");
    await sql("UPDATE articles SET other = 'changed' WHERE id = 4");
    await sql("UPDATE articles SET body = NULL WHERE id = 5");
    await sql("INSERT INTO articles VALUES (28, 'New.')");
    expect(await embed("articles")).toMatchObject({ rows: 26, embedded: 2, cleared: 1 });
    expect((await numbersOf("articles")).get(5)).toBeNull();
    // Another model of as many dimensions.
    expect(await embed("articles", { load: { workers: 0, dtype: "int8" } })).toMatchObject({ embedded: 26 });
    await expect(embed("articles", { model: otherModel })).rejects.toThrow(
      /articles\.embedding should be vector\(16\), got vector\(8\)/,
    );
  });

  test("into 16 bits, in a schema, with a key of two columns and odd names", { timeout: 60_000 }, async () => {
    await sql('CREATE SCHEMA "My ""shop"');
    await sql(
      'CREATE TABLE "My ""shop"."a table" ("the key" text, day date, "a body" varchar(50), PRIMARY KEY (day, "the key"))',
    );
    await sql(
      `INSERT INTO "My ""shop"."a table" SELECT 'k''' || i, date '2026-01-01' + i % 3, 'Text ' || i FROM generate_series(1, 12) AS i`,
    );
    const options = { column: "a body", into: "emb edding", type: "halfvec" as const, batchRows: 5 };
    const table = 'My "shop.a table';
    expect(await embed(table, options)).toMatchObject({ rows: 12, embedded: 12 });
    const rows = await sql('SELECT "emb edding"::real[] AS numbers FROM "My ""shop"."a table"');
    for (const { numbers } of rows) expect(Math.hypot(...numbers)).toBeCloseTo(1, 2);
    expect(await embed(table, options)).toMatchObject({ embedded: 0 });
    await expect(embed(table, { ...options, type: "vector" })).rejects.toThrow(
      /should be vector\(8\), got halfvec\(8\)/,
    );
  });

  test("a table that has the columns isn't altered: by who may only update them, while others read it", async () => {
    await sql("CREATE TABLE read (id integer PRIMARY KEY, body text)");
    await sql("INSERT INTO read VALUES (1, 'One.')");
    await embed("read");
    await sql("INSERT INTO read VALUES (2, 'Two.')");
    await sql("CREATE ROLE embedder LOGIN PASSWORD 'word'");
    await sql("GRANT SELECT, UPDATE (embedding, embedding_fingerprint) ON read TO embedder");
    const database = server.url.replace(/\/\/[^@]+@/, "//embedder:word@");
    await sql("BEGIN");
    try {
      await sql("SELECT * FROM read");
      expect(await embed("read", { database })).toMatchObject({ rows: 2, embedded: 1 });
    } finally {
      await sql("COMMIT");
    }
  });

  test("a run that is stopped is gone on with, and one at a time embeds a table", { timeout: 60_000 }, async () => {
    await sql("CREATE TABLE logs (id bigint PRIMARY KEY, body text)");
    await sql("INSERT INTO logs SELECT i, 'Line ' || i FROM generate_series(1, 60) AS i");
    const stop = new AbortController();
    const stopped = embed("logs", {
      batchRows: 10,
      signal: stop.signal,
      onProgress: ({ done }) => done >= 20 && stop.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
    const [{ count }] = await sql("SELECT count(embedding)::integer AS count FROM logs");
    expect(count).toBe(20);
    await using model = await SentenceTransformer.load(tinyModel, { workers: 0 });
    const { encodeDocument } = model;
    let tries = 0;
    model.encodeDocument = (async (...args: Parameters<typeof encodeDocument>) => {
      if (tries++ === 0) await expect(embed("logs")).rejects.toThrow(/another run embeds this table/);
      return encodeDocument.apply(model, args);
    }) as typeof encodeDocument;
    expect(await embed("logs", { batchRows: 10, model, load: {} })).toMatchObject({ rows: 60, embedded: 40 });
    expect(tries).toBe(4);
  });

  test("a text that changes while it is embedded gets no wrong embedding", { timeout: 60_000 }, async () => {
    await sql("CREATE TABLE busy (id integer PRIMARY KEY, body text)");
    await sql("INSERT INTO busy VALUES (1, 'Before.'), (2, 'Stays.')");
    await using model = await SentenceTransformer.load(tinyModel, { workers: 0 });
    const { encodeDocument } = model;
    model.encodeDocument = (async (...args: Parameters<typeof encodeDocument>) => {
      await sql("UPDATE busy SET body = 'After.' WHERE id = 1");
      return encodeDocument.apply(model, args);
    }) as typeof encodeDocument;
    expect(await embed("busy", { model, load: {} })).toMatchObject({ rows: 2, embedded: 1 });
    model.encodeDocument = encodeDocument;
    expect((await numbersOf("busy")).get(1)).toBeNull();
    expect(await embed("busy", { model, load: {} })).toMatchObject({ embedded: 1 });
  });

  test("what can't be embedded is told", { timeout: 60_000 }, async () => {
    await sql("CREATE TABLE keyless (body text)");
    await sql(
      "CREATE TABLE odd (id integer PRIMARY KEY, body integer, embedding text, other text, x_fingerprint integer)",
    );
    await expect(embed("nowhere")).rejects.toMatchObject({ code: "not_found" });
    await expect(embed("keyless")).rejects.toThrow(/has no primary key/);
    await expect(embed("odd")).rejects.toThrow(
      /odd\.body should be a column of texts \(there are: .*other.*\), got integer/,
    );
    await expect(embed("odd", { column: "bodi" })).rejects.toThrow(/got no such column/);
    await expect(embed("odd", { column: "other" })).rejects.toThrow(/odd\.embedding should be vector\(8\), got text/);
    await expect(embed("odd", { column: "other", into: "x" })).rejects.toThrow(
      /x_fingerprint should be text, got integer/,
    );
  });

  test("on the command line", { timeout: 60_000 }, async () => {
    await sql("CREATE TABLE cli (id integer PRIMARY KEY, body text)");
    await sql("INSERT INTO cli VALUES (1, 'One.'), (2, 'Two.')");
    const args = [
      "embed-table",
      server.url,
      "--table",
      "cli",
      "--column",
      "body",
      "--model",
      tinyModel,
      "--workers",
      "1",
    ];
    const run = await runHpd([...args, "--json"]);
    expect(JSON.parse(run.stdout)).toMatchObject({ rows: 2, embedded: 2, dimension: 8 });
    expect(run.stderr).toMatch(/table cli: 2 rows with a text, 2 of them embedded now\n$/);
    expect(run.stderr).not.toContain(server.password);
    expect(await runHpd(["embed-table", server.url, "--table", "cli"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing --column"),
    });
  });
}
