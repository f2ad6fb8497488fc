/** Names of the types of a column. They are in declarations of the package, so they need no other package. */

/** Milliseconds, microseconds, nanoseconds. */
export type TimeUnit = "ms" | "us" | "ns";

/**
 * - `date`: days since 1970, a number
 * - `time[us]`: since midnight; `timestamp[us]`: since 1970; a number for `time[ms]`, else a bigint. With `,UTC`, instants
 * - `decimal(10,2)`: of 10 digits, 2 of them behind the point; a bigint of all digits
 * - `uuid`: as text
 */
export type ScalarType =
  | "text"
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "uuid"
  | `${"time" | "timestamp"}[${TimeUnit}${"" | ",UTC"}]`
  | `decimal(${number},${number})`;

export type ValueType = ScalarType | `list<${ScalarType}>`;
