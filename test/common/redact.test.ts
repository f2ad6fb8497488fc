/** What is hidden of a message, and what isn't. */
import { expect, test } from "vitest";
import { redactPasswords } from "../../src/common/redact.ts";

test.each([
  ["postgres://me:pw@host/db", "postgres://me:***@host/db"],
  [" postgres://me:pw@host", " postgres://me:***@host"],
  ["postgres:/me:pw@host", "postgres:/me:***@host"],
  ["postgresql:me:pw@host", "postgresql:me:***@host"],
  ["PostgreS:///me:pw@host", "PostgreS:///me:***@host"],
  ["postgres://:pw@host", "postgres://:***@host"],
  ["postgres://me:p@w/x?y#z@host", "postgres://me:***@host"],
  ["asked http://user:pw@host:8080/x for y", "asked http://user:***@host:8080/x for y"],
  ["https://hf_token@host/x", "https://***@host/x"],
  ["two: http://a:b@c and http://d:e@f", "two: http://a:***@c and http://d:***@f"],
  ["postgres://host/db?user=me&password=pw&x=1", "postgres://host/db?user=me&password=***&x=1"],
  ["host=h password=pw dbname=d", "host=h password=*** dbname=d"],
])("%j", (text, redacted) => {
  expect(redactPasswords(text)).toBe(redacted);
});

test.each([
  "postgres://me@host/db",
  "https://host/@scope/package",
  "https://host:8080/x",
  "file:///C:/Users/me@home/x.js:1:2",
  "at file:///home/me/node_modules/.pnpm/pg@8.1/x.js:1:2",
  "sts:me@home.csv",
  "me: you@there.org",
  "C:\\Users\\me@home",
])("%j stays", (text) => {
  expect(redactPasswords(text)).toBe(text);
});
