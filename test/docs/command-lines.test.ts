import { expect, test } from "vitest";
import { partsOf } from "./command-lines.ts";

test("a program with words and quoted texts needs no shell", () => {
  expect(partsOf('npx hpd search notes.index "who may, on Fridays?" --top-k 3')).toEqual([
    ["hpd", "search", "notes.index", "who may, on Fridays?", "--top-k", "3"],
  ]);
  expect(partsOf("hpd distill --layers 1,3 \\\n  --learning-rate 3e-4\nhpd info my-model ")).toEqual([
    ["hpd", "distill", "--layers", "1,3", "--learning-rate", "3e-4"],
    ["hpd", "info", "my-model"],
  ]);
});

test.each([
  "cat queries.txt | npx hpd encode",
  "hpd encode > queries.jsonl",
  "hpd encode *.txt",
  "hpd encode $FILE",
  'hpd similarity "$TEXT" b',
  "hpd similarity 'a b' c",
  "hpd encode a && hpd encode b",
  "hpd encode a; hpd encode b",
  "hpd encode a # twice",
  "hpd encode ~/texts",
  'hpd similarity "a',
  "hpdx info",
  "hpd",
])("%s is for bash", (line) => {
  expect(partsOf(line)).toEqual([line]);
});

test("lines of bash stay together, between command lines of hpd", () => {
  expect(partsOf("npm install hpd\nrm -r notes\ncd notes\nhpd info a\nls")).toEqual([
    ["npm", "install", "hpd"],
    "rm -r notes\ncd notes",
    ["hpd", "info", "a"],
    "ls",
  ]);
});
