/** Python's version specifiers: the answers of `packaging.specifiers` 26. */
import { expect, test } from "vitest";
import { satisfies } from "../../src/modules/version-specifier.ts";

test.each([
  ["", true],
  [">=5", true],
  [">= 5.23 , < 6", true],
  [">=5.23.1", false],
  ["<5.23", false],
  ["<=5.23", true],
  ["<=5.23.0.0", true],
  ["==5.23", true],
  ["==5.*", true],
  ["==5.2.*", false],
  ["!=5.23", false],
  ["!=5.2.*", true],
  ["~=5.0", true],
  ["~=5.22.0", false],
  ["===5.23.0", true],
  ["===5.23", false],
  [">5.23", false],
  ["latest", undefined],
  ["~=5", undefined],
  [">=5,", true],
  [">=5.*", undefined],
  // Python knows pre-releases.
  [">=5.24.0.dev0", undefined],
  [5, undefined],
  [null, undefined],
])("5.23.0 satisfies %j: %j", (specifier, answer) => {
  expect(satisfies("5.23.0", specifier)).toBe(answer);
});
