/** Files of a web server. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { streamOf } from "../../src/storage/byte-reader.ts";
import { listFiles } from "../../src/storage/list-files.ts";

const content = Buffer.from(Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`).join(""));
let respond: (count: number) => number | "cut" | "whole" = () => 206;
let etag = '"one"';
let count = 0;
const server = createServer(({ method, headers, socket }, response) => {
  const status = method === "HEAD" ? 200 : respond(count++);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
  if (typeof status === "number" && status >= 400) response.writeHead(status).end();
  else if (method === "HEAD") response.writeHead(200, { etag, "content-length": content.length }).end();
  else if (status === "whole") response.writeHead(200, { etag }).end(content);
  else {
    const part = content.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, { etag, "content-length": part.length });
    if (status !== "cut") response.end(part);
    else response.write(part.subarray(0, part.length / 2), () => socket.destroy());
  }
});
let url: string;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/lines.txt`;
});
afterEach(() => {
  respond = () => 206;
  etag = '"one"';
});
afterAll(() => server.close());

const open = async () => {
  const [file] = await listFiles([url], { accepts: () => false });
  return { file: file!, reader: await file!.open() };
};

test("are read in ranges, over answers that are cut and servers that are busy", async () => {
  const { file, reader } = await open();
  expect([file.name, file.size, file.version]).toEqual(["lines.txt", content.length, '"one"']);
  respond = (request) => (["cut", 503, 206, 429] as const)[request % 4]!;
  const blocks: Uint8Array[] = [];
  for await (const block of streamOf({ ...reader, blockSize: 40_000 }, 7)) blocks.push(block);
  expect(Buffer.concat(blocks).equals(content.subarray(7))).toBe(true);
});

test("that change, are gone or come whole are refused", async () => {
  const { reader } = await open();
  etag = '"two"';
  await expect(reader.read(0, 10)).rejects.toThrow(/has changed since the work was begun/);
  etag = '"one"';
  respond = () => 404;
  await expect(reader.read(0, 10)).rejects.toMatchObject({ code: "not_found" });
  respond = () => 403;
  await expect(reader.read(0, 10)).rejects.toMatchObject({ code: "unauthorized" });
  respond = () => "whole";
  await expect(reader.read(0, 10)).rejects.toMatchObject({ code: "unsupported" });
});

test.each(["https://name:secret@host/a.txt", "https://host/a.txt?X-Amz-Signature=secret", "https://host/a?sig=secret"])(
  "%s holds a secret",
  async (location) => {
    const error = await listFiles([location], { accepts: () => true }).catch((reason: Error) => reason);
    expect((error as Error).message).toMatch(/password or a signature/);
    expect((error as Error).message).not.toContain("secret");
  },
);
