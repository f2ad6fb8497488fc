/** `hpd mcp`: an index as a search tool for assistants that speak the Model Context Protocol. */
import { defined } from "../common/optional.ts";
import { HpdError } from "../errors.ts";
import { PassageIndex } from "../passage-index/index.ts";
import { defineCommand, onlyArgument } from "./command.ts";
import { indexModelSettings, loadCrossEncoder, loadOptions, loadReports } from "./model.ts";
import { ProgressLine } from "./progress.ts";
import { positiveInteger } from "./settings/table.ts";

export const mcpCommand = defineCommand({
  summary: "offer an index as a search tool to coding assistants (MCP)",
  usage: "mcp INDEX [options]",
  about: `
    Serves INDEX, which hpd index build makes, to one assistant over standard input and output, by the Model Context
    Protocol: the assistant gets a tool, search, and decides when to call it. The assistant starts this command, which
    ends with it. Needs the package @modelcontextprotocol/server beside hpd.`,
  sections: {
    Tool: {
      settings: {
        name: { kind: "text", value: "NAME", help: "name of the server in the assistant", defaultsTo: "hpd" },
        description: {
          kind: "text",
          value: "TEXT",
          help: "one sentence about the contents of the index, by which the assistant decides when to search",
          defaultsTo: "the number of passages and the names of some files",
        },
        "top-k": {
          ...positiveInteger,
          short: "k",
          help: "passages per answer, if the assistant doesn't say",
          defaultsTo: "10",
        },
        rerank: { kind: "text", value: "MODEL", help: "cross-encoder that orders the passages found" },
      },
    },
    Model: {
      settings: indexModelSettings,
    },
  },
  notes: `An assistant that is configured by a file needs:

    { "mcpServers": { "docs": { "command": "npx", "args": ["hpd", "mcp", "/path/to/docs.index"] } } }`,
  examples: {
    "Index a folder of documentation, and add it to Claude Code":
      "hpd index build docs/ --out docs.index\n" +
      'claude mcp add docs -- npx hpd mcp docs.index --description "Documentation of our product."',
  },
  async run(context) {
    const { values, positionals, signal } = context;
    const location = onlyArgument(positionals, "INDEX");
    const { createMcpServer, serveStdio, StdioServerTransport } = await loadProtocol();
    const { name, description, model } = values;
    const reports = loadReports(new ProgressLine());
    await using index = await PassageIndex.open(location, {
      ...loadOptions(values),
      ...defined({ model }),
      ...reports,
    });
    await using rerank = await loadCrossEncoder(values.rerank, context);
    signal.throwIfAborted();
    const transport = new StdioServerTransport();
    // A server for each opening: a client may ask for a newer protocol, and then begin again by an older one.
    const connection = serveStdio(() => createMcpServer(index, { name, description, topK: values["top-k"], rerank }), {
      transport,
    });
    const closed = new Promise<void>((resolve) => {
      const { onclose } = transport;
      transport.onclose = () => {
        onclose?.();
        resolve();
      };
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await closed;
    await connection.close();
  },
});

async function loadProtocol() {
  try {
    const { createMcpServer } = await import("../adapters/mcp/index.ts");
    const { serveStdio, StdioServerTransport } = await import("@modelcontextprotocol/server/stdio");
    return { createMcpServer, serveStdio, StdioServerTransport };
  } catch (cause) {
    throw new HpdError(
      "not_found",
      "hpd mcp needs a package that is not installed: npm install @modelcontextprotocol/server",
      { cause },
    );
  }
}
