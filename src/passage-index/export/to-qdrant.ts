/** Points of Qdrant out of passages. Sent twice, a passage is one point: its id follows from that of the passage. */
import { HpdError } from "../../errors.ts";
import type { IndexDescription } from "../description.ts";
import type { EmbeddedPassage, IndexStore } from "../store.ts";
import { QdrantClient, type QdrantDistance, type QdrantPoint } from "./qdrant-client.ts";
import { uuidOf } from "./uuid.ts";

/** Points of a request, and requests under way: Qdrant writes one while the next is on its way. */
const batchPoints = 256;
const concurrency = 2;

/** Characters of texts and metadata of a request: Qdrant takes 32 MB. */
const batchCharacters = 4 * 1024 * 1024;

const distanceOf = { cosine: "Cosine", dot: "Dot", euclidean: "Euclid" } as const satisfies Record<
  IndexDescription["similarity"],
  QdrantDistance
>;

export interface QdrantTarget {
  readonly url: string;
  readonly collection: string;
  readonly apiKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param onDone called with the number of further points that Qdrant has written
 * @throws HpdError `invalid_argument` for a collection of other vectors; `unauthorized`, `network`; the signal's reason
 */
export async function toQdrant(
  store: IndexStore,
  { url, collection, ...options }: QdrantTarget,
  onDone: (count: number) => void,
): Promise<void> {
  const client = new QdrantClient(url, collection, options);
  const { dimension, similarity } = store.description;
  const wanted = { size: dimension, distance: distanceOf[similarity] };
  const found = await client.vectors();
  if (found === undefined) await client.create(wanted);
  else if (found === "named" || found.size !== wanted.size || found.distance !== wanted.distance) {
    const has = found === "named" ? "named vectors" : `vectors of ${found.size} numbers by ${found.distance}`;
    throw new HpdError(
      "invalid_argument",
      `the collection ${collection} has ${has}; those of the index have ${wanted.size} by ${wanted.distance}: take another ` +
        "collection",
    );
  }
  const sending = new Set<Promise<void>>();
  const send = async (points: readonly QdrantPoint[]): Promise<void> => {
    while (sending.size >= concurrency) await Promise.race(sending);
    const sent = client.upsert(points).then(() => {
      sending.delete(sent);
      onDone(points.length);
    });
    // Its failure is met by whoever waits for room, or for the end.
    sent.catch(() => {});
    sending.add(sent);
  };
  let points: QdrantPoint[] = [];
  let characters = 0;
  await store.scan(async (passages) => {
    for (const each of passages) {
      options.signal?.throwIfAborted();
      points.push(pointOf(each));
      characters += each.passage.text.length + 100;
      if (points.length < batchPoints && characters < batchCharacters) continue;
      await send(points);
      points = [];
      characters = 0;
    }
  });
  if (points.length > 0) await send(points);
  await Promise.all(sending);
}

function pointOf({ passage, embedding }: EmbeddedPassage): QdrantPoint {
  const { id, file, firstLine, lastLine, text, metadata } = passage;
  return {
    id: uuidOf(id),
    // Nine digits tell a float32 from its neighbours; as a double it would be printed with seventeen.
    vector: Array.from(embedding, (number) => Number(number.toPrecision(9))),
    payload: { id, file, first_line: firstLine, last_line: lastLine, text, metadata },
  };
}
