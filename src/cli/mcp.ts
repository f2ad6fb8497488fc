/** `hpd mcp`: an index as a tool of assistants that speak the Model Context Protocol. */
import { HpdError } from "../errors.ts";
import { PassageIndex } from "../passage-index/index.ts";
import { type Command, positiveIntegerFlag, stringFlag, UsageError } from "./command.ts";
import { loadOptions, modelFlags, modelFlagsHelp, tellingOn } from "./model.ts";
import { ProgressLine } from "./progress.ts";
import { loadReranker } from "./reranker.ts";

export const mcpCommand: Command = {
  summary: "an index as a search tool for coding assistants (MCP)",
  help: `Usage: hpd mcp INDEX [options]

Serves INDEX (see hpd index) to one assistant over standard input and output, by the Model Context Protocol: the
assistant gets a tool, search, and calls it by itself. The assistant starts this command; it ends with the assistant.
It needs the package @modelcontextprotocol/server beside hpd.

  --name NAME              the server's name, which the assistant shows (default: hpd)
  --description TEXT       what is in the index, in a sentence; the assistant decides by it when to search
                           (default: the number of passages and the names of some files)
  -k, --top-k N            passages of an answer, where the assistant doesn't say (default: 10)
  --rerank MODEL           a cross-encoder that puts the passages found in order

${modelFlagsHelp}

Examples:
  hpd index build docs/ --out docs.index
  claude mcp add docs -- npx hpd mcp docs.index --description "Documentation of our product."

An assistant that is set up by a file:
  { "mcpServers": { "docs": { "command": "npx", "args": ["hpd", "mcp", "/path/to/docs.index"] } } }`,
  options: {
    ...modelFlags,
    name: { type: "string" },
    description: { type: "string" },
    "top-k": { type: "string", short: "k" },
    rerank: { type: "string" },
  },
  async run(context) {
    const { flags, positionals, signal } = context;
    const [location] = positionals;
    if (location === undefined || positionals.length > 1) throw new UsageError("hpd mcp takes one index");
    const { createMcpServer, serveStdio } = await loadProtocol();
    const model = stringFlag(flags, "model");
    const reranker = stringFlag(flags, "rerank");
    const line = new ProgressLine();
    await using index = await PassageIndex.open(location, {
      ...loadOptions(context),
      ...(model !== undefined && { model }),
      ...tellingOn(line),
    });
    await using rerank = reranker === undefined ? undefined : await loadReranker(context, reranker, line);
    const server = await createMcpServer(index, {
      name: stringFlag(flags, "name"),
      description: stringFlag(flags, "description"),
      topK: positiveIntegerFlag(flags, "top-k"),
      rerank,
    });
    const closed = new Promise<void>((resolve) => {
      server.server.onclose = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const connection = serveStdio(() => server);
    await closed;
    await connection.close();
  },
};

async function loadProtocol() {
  try {
    const { createMcpServer } = await import("../adapters/mcp/index.ts");
    const { serveStdio } = await import("@modelcontextprotocol/server/stdio");
    return { createMcpServer, serveStdio };
  } catch (cause) {
    throw new HpdError(
      "not_found",
      "hpd mcp needs a package that is not installed: npm install @modelcontextprotocol/server",
      { cause },
    );
  }
}
