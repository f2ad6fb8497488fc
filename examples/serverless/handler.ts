/** A function of AWS Lambda behind a function URL: `POST {"texts": ["…"]}` answers `{"embeddings": [[…]]}`. */
import { fileURLToPath } from "node:url";
import { HpdError, SentenceTransformer } from "hpd";

interface Event {
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

// Loaded once, while Lambda starts the function. The calling thread computes: an instance has one request at a time.
const model = await SentenceTransformer.load(fileURLToPath(new URL("model", import.meta.url)), { workers: 0 });

export async function handler({ body = "", isBase64Encoded = false }: Event) {
  try {
    const { texts } = JSON.parse(isBase64Encoded ? Buffer.from(body, "base64").toString() : body) ?? {};
    const embeddings = await model.encode([texts].flat(), { normalizeEmbeddings: true });
    return answer(200, { embeddings: [...embeddings].map((each) => [...each]) });
  } catch (error) {
    const isTheirs = error instanceof SyntaxError || (error instanceof HpdError && error.code === "invalid_argument");
    if (!isTheirs) throw error;
    return answer(400, { error: error.message });
  }
}

function answer(statusCode: number, body: object) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
