/** A Model Context Protocol server over an index: assistants that write code or text search in it by themselves. */
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { requirePositiveInteger } from "../../common/arguments.ts";
import { counted } from "../../common/numbers.ts";
import { checkedOptions } from "../../common/options.ts";
import { packageVersion } from "../../common/package-version.ts";
import type { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";
import { HpdError } from "../../errors.ts";
import {
  type MetadataField,
  type PassageHit,
  PassageIndex,
  type SearchMode,
  searchModes,
} from "../../passage-index/index.ts";

export interface McpServerOptions {
  /** Name of the server as assistants show it. Default `hpd`. */
  readonly name?: string | undefined;
  /** A sentence on what is in the index: assistants decide by it when to search. Default: how much there is, and some files. */
  readonly description?: string | undefined;
  /** Passages of an answer where the assistant doesn't say. Default 10. */
  readonly topK?: number | undefined;
  /** Reranks what was found. It stays the caller's. */
  readonly rerank?: Pick<CrossEncoder, "rank"> | undefined;
}

interface SearchArguments {
  readonly query: string;
  readonly topK?: number;
  readonly mode?: SearchMode;
  readonly filter?: Record<string, string | number | boolean>;
}

/** Passages that an assistant may ask for at a time, unless the default is more: more would fill its context. */
const maxTopK = 50;

/** Files that the default description names. */
const namedFiles = 10;

/**
 * A server with one tool, `search`, to be connected to a transport of the protocol's package, or started by `hpd mcp`. The
 * index stays the caller's, who disposes of it.
 *
 * @throws HpdError `invalid_argument`; as `PassageIndex.files`
 */
export async function createMcpServer(index: PassageIndex, given: McpServerOptions = {}): Promise<McpServer> {
  const options = checkedOptions<McpServerOptions>("createMcpServer", given, {
    name: "string",
    description: "string",
    topK: "number",
    rerank: "any",
  });
  if (!(index instanceof PassageIndex)) throw new HpdError("invalid_argument", "index should be an open PassageIndex");
  const { name = "hpd", topK: defaultTopK = 10, rerank } = options;
  requirePositiveInteger("topK", defaultTopK);
  const description = options.description ?? (await describeContents(index));
  const fields = (await index.fields()).map(fieldText);
  const server = new McpServer({ name, version: packageVersion });
  server.registerTool(
    "search",
    {
      title: `Search ${name}`,
      description: `Finds passages by meaning and by words. ${description} Gives each passage with its file and lines.`,
      inputSchema: fromJsonSchema<SearchArguments>({
        type: "object",
        properties: {
          query: { type: "string", description: "a question, or words that the passages may have" },
          topK: {
            ...{ type: "integer", minimum: 1, maximum: Math.max(maxTopK, defaultTopK) },
            ...{ default: defaultTopK, description: "passages" },
          },
          mode: {
            type: "string",
            enum: [...searchModes],
            default: "hybrid",
            description: "vector: by meaning; text: by words, such as names and error codes; hybrid: both",
          },
          ...(fields.length > 0 && {
            filter: { type: "object", description: `values that metadata must have: ${fields.join(", ")}` },
          }),
        },
        required: ["query"],
        additionalProperties: false,
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ query, topK = defaultTopK, mode = "hybrid", filter = {} }) => {
      try {
        const hits = await index.search(query, { topK, mode, filter, rerank });
        const text = hits.length === 0 ? "nothing found" : hits.map(passageText).join("\n\n");
        return { content: [{ type: "text", text }] };
      } catch (error) {
        if (!(error instanceof HpdError)) throw error;
        return { content: [{ type: "text", text: error.message }], isError: true };
      }
    },
  );
  return server;
}

function fieldText({ name, types }: MetadataField): string {
  return `${name} (${types.join(" or ")})`;
}

function passageText({ path, firstLine, lastLine, score, text }: PassageHit): string {
  return `${path}:${firstLine}-${lastLine} (score ${score.toFixed(3)})\n${text}`;
}

async function describeContents(index: PassageIndex): Promise<string> {
  const [passages, documents, files] = await Promise.all([index.count(), index.documents(), index.files()]);
  const named = files.slice(0, namedFiles).join(", ");
  const rest = files.length > namedFiles ? ` and ${files.length - namedFiles} more` : "";
  const sources = [
    ...(documents.length > 0 ? [counted(documents.length, "document")] : []),
    ...(files.length > 0 ? [`${counted(files.length, "file")}: ${named}${rest}`] : []),
  ];
  return `The index has ${counted(passages, "passage")} of ${sources.join(" and ") || "no files"}.`;
}
