/**
 * Embeds a column of texts in a table of PostgreSQL, into a column of pgvector beside it. Each embedding has a fingerprint of the
 * model and of its text, so that a run embeds only rows that are new, whose text has changed or that have another model's
 * embedding. Batches are committed one by one: a run that was killed is gone on with by the next.
 */
import { defaultModel } from "#hub";
import { HpdError } from "../../errors.ts";
import { InUseError } from "../../files/in-use-error.ts";
import { openModel } from "../open-model.ts";
import { type Connection, openDatabase } from "../postgres/connection.ts";
import { extensionOf, requireExtension, unavailable } from "../postgres/extension.ts";
import { parseLocation } from "../postgres/location.ts";
import { addColumns, type TableColumns, tableColumns } from "./table-columns.ts";

import { TableEmbedder } from "./table-embedder.ts";
import { checkedTableOptions, type EmbedTableOptions, type EmbedTableReport } from "./table-options.ts";

/** First half of the keys of advisory locks; the second is the table's number. */
const lockClass = 0x68_70_65;

/**
 * @throws HpdError `not_found` without the table, or if pg isn't installed; `invalid_argument`, also if another run embeds the
 *   table; `unsupported` without pgvector or a primary key; `network`; as `SentenceTransformer.load` and `encode`
 */
export async function embedTable(given: EmbedTableOptions): Promise<EmbedTableReport> {
  const options = checkedTableOptions(given);
  const { table, column, into, type, batchRows, signal } = options;
  const { connectionString, name: location } = parseLocation(options.database);
  const name = location.replace(/, schema .*$/, "");
  const database = await openDatabase(connectionString, name);
  try {
    // Before the model is loaded, so that errors come at once.
    if ((await extensionOf(database)) === undefined) {
      await database.run("CREATE EXTENSION IF NOT EXISTS vector").catch((cause) => {
        throw cause instanceof HpdError && cause.code !== "runtime" ? cause : unavailable(name);
      });
    }
    const extension = await requireExtension(database, name);
    await using model = await openModel(options.model ?? defaultModel(), {
      ...options.load,
      ...(signal && { signal }),
    });
    const { dimension } = model.model;
    const columns = await tableColumns(database, name, extension, { table, column, into, type, dimension });
    const connection = await database.reserve();
    await lock(connection, columns, `${name}, table ${table}`);
    await addColumns(connection, columns);
    const embedder = new TableEmbedder(connection, columns, { extension, ...model });
    const cleared = await embedder.clear();
    const total = await embedder.count();
    options.onProgress?.({ stage: "embed", done: 0, total });
    let embedded = 0;
    for await (const done of embedder.run(batchRows, signal)) {
      embedded += done;
      options.onProgress?.({ stage: "embed", done: Math.min(embedded, total), total });
    }
    return { table: `${name}, table ${table}`, rows: await embedder.rows(), embedded, cleared, dimension };
  } finally {
    await database.close();
  }
}

/** @throws InUseError if another run embeds the table */
async function lock(connection: Connection, { id }: TableColumns, name: string): Promise<void> {
  const [row] = await connection.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1, $2) AS locked", [
    lockClass,
    id | 0,
  ]);
  if (row?.locked !== true) throw new InUseError(`${name}: another run embeds this table; wait until it is done`);
}
