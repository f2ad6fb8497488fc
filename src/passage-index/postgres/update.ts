/** Adds, replaces and removes parts, inside a transaction. */
import type { IndexUpdate } from "../store.ts";
import { binaryVectorArray } from "./binary-vectors.ts";
import type { Connection } from "./connection.ts";
import { passageColumns } from "./passages.ts";
import type { IndexTables } from "./schema.ts";
import { mapTexts, toStorable } from "./storable-text.ts";

/** Passages of an INSERT: some megabytes. */
const batchSize = 1000;

/** @throws HpdError `invalid_argument` for a passage whose id is in the index already */
export async function updateParts(
  transaction: Connection,
  { schema, extension, column }: IndexTables,
  { parts, removed }: IndexUpdate,
): Promise<void> {
  const gone = [...removed, ...parts];
  await transaction.query(
    `DELETE FROM ${schema}.parts USING unnest($1::text[], $2::integer[]) AS gone (file, part)
      WHERE parts.file = gone.file AND parts.part = gone.part`,
    [gone.map(({ file }) => toStorable(file)), gone.map(({ part }) => part)],
  );
  await transaction.query(
    `INSERT INTO ${schema}.parts (file, part, hash) SELECT * FROM unnest($1::text[], $2::integer[], $3::text[])`,
    [
      parts.map(({ file }) => toStorable(file)),
      parts.map(({ part }) => part),
      parts.map(({ hash }) => toStorable(hash)),
    ],
  );
  // A new version of the row, by which readers notice an update.
  await transaction.query(`UPDATE ${schema}.description SET json = json`);
  const rows = parts.flatMap(({ part, passages, embeddings }) =>
    passages.map((passage, index) => ({ part, passage, embedding: embeddings.row(index) })),
  );
  if (rows.length === 0) return;
  // Sent as `vector`, whose object identifier is specific to the database.
  const [type] = await transaction.query<{ id: number }>("SELECT $1::regtype::oid::bigint::float8 AS id", [
    `${extension}.vector`,
  ]);
  for (let start = 0; start < rows.length; start += batchSize) {
    const batch = rows.slice(start, start + batchSize);
    const passages = batch.map(({ passage }) => passage);
    await transaction.query(
      `INSERT INTO ${schema}.passages (${passageColumns}, part, embedding)
        SELECT ${passageColumns}, part, ${column.convert("embedding")}
        FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::jsonb[], $7::integer[],
          $8::${extension}.vector[]) AS batch (${passageColumns}, part, embedding)`,
      [
        passages.map(({ id }) => toStorable(id)),
        passages.map(({ file }) => toStorable(file)),
        passages.map(({ firstLine }) => firstLine),
        passages.map(({ lastLine }) => lastLine),
        passages.map(({ text }) => toStorable(text)),
        passages.map(({ metadata }) => JSON.stringify(mapTexts(metadata, toStorable))),
        batch.map(({ part }) => part),
        binaryVectorArray(
          batch.map(({ embedding }) => embedding),
          type!.id,
        ),
      ],
    );
  }
}
