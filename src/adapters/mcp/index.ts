/** `hpd/mcp`: an index as a server of the Model Context Protocol. */
export { createMcpServer, type McpServerOptions } from "./create-mcp-server.ts";
