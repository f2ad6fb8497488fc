/** Which locations are an index's, and that what is none is refused without its password. */
import { expect, test } from "vitest";
import { indexLocation } from "../../src/passage-index/location.ts";

test.each([
  " postgres://me:PASS@host/db",
  "postgres:/me:PASS@host/db",
  "postgres:me:PASS@host/db",
  "postgres://me:12#PASS@host/db",
  "postgres://me:12/PASS@host/db",
  "postgres://me:12?PASS@host/db",
  "postgres://me:PA SS/PASS@host:x/db",
  "Postgres://me:PASS@host/db",
  "\tpostgresql://me:PASS@host/db",
  "mysql://me:PASS@host/db",
  "host=localhost user=me password=PASS dbname=db",
  '"postgres://me:PASS@host/db"',
  "postgres//me:PASS@host/db",
  "//me:PASS@host/db",
  "jdbc:postgresql://host/db?password=PASS",
  "index=postgres://host/db?password=PASS",
])("%j is refused, and not shown", (location) => {
  const refusal = { code: "invalid_argument", message: expect.not.stringMatching(/PASS/) };
  expect(() => indexLocation(location)).toThrow(expect.objectContaining(refusal));
});

test.each([
  ["notes.index", "notes.index"],
  ["/a/b:c@d", "/a/b:c@d"],
  ["./notes:2024", "./notes:2024"],
  ["notes:2024", "notes:2024"],
  ["C:\\notes@home", "C:\\notes@home"],
  ["postgres://me:PASS@host:5432/db?schema=notes", "PostgreSQL host:5432/db, schema notes"],
  ["postgres://me:P%23A%2FSS@host/db", "PostgreSQL host/db, schema hpd"],
  ["postgres://me:P@SS@host/db", "PostgreSQL host/db, schema hpd"],
  ["postgres://host/db?user=me@tenant&password=PASS", "PostgreSQL host/db, schema hpd"],
  ["postgres:///db", "PostgreSQL /db, schema hpd"],
])("%j is called %j", (location, name) => {
  expect(indexLocation(location).name).toBe(name);
});
