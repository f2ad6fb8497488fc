/** Values of Parquet's types as JSON and texts have them. */
import type { ValueType } from "../texts/parquet/value-type.ts";
import { parsedType } from "./parsed-type.ts";

/** Units of a second. */
const perSecond = { ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;

/**
 * Dates and times as ISO 8601 has them, decimals with all their digits, both as texts; what is plain already stays.
 *
 * @param value not null, as the reader gives it
 */
export function plainOf(value: unknown, type: ValueType): unknown {
  const { element, decimal, time } = parsedType(type);
  if (element !== undefined) {
    return (value as readonly unknown[]).map((each) => (each === null ? null : plainOf(each, element)));
  }
  if (type === "date") return dayOf(BigInt(value as number));
  if (decimal !== undefined) return decimalText(value as bigint, decimal.scale);
  if (time === undefined) return value;
  const { kind, unit, isUtc } = time;
  const all = BigInt(value as number | bigint);
  const units = perSecond[unit];
  const day = 86_400n * units;
  const days = kind === "time" ? 0n : floorDivide(all, day);
  const ofDay = timeText(all - days * day, units) + (isUtc ? "Z" : "");
  return kind === "time" ? ofDay : `${dayOf(days)}T${ofDay}`;
}

function dayOf(days: bigint): string {
  const date = new Date(Number(days) * 86_400_000);
  // Beyond what dates can be here: some 270,000 years.
  return Number.isNaN(date.getTime()) ? `day ${days}` : date.toISOString().split("T")[0]!;
}

/** @param units since midnight, of which a second has `perSecond` */
function timeText(units: bigint, perSecond: bigint): string {
  const two = (value: bigint) => String(value).padStart(2, "0");
  const seconds = units / perSecond;
  const fraction = units % perSecond;
  const digits = fraction === 0n ? "" : `.${String(fraction).padStart(String(perSecond).length - 1, "0")}`;
  return `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${digits}`;
}

function decimalText(digits: bigint, scale: number): string {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  const sign = digits < 0n ? "-" : "";
  return sign + (scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`);
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
