/** Whether an output is what a page shows: white space and last digits may differ, `...` stands for anything. */
export function matches(actual: string, expected: string): boolean {
  const numbers: string[] = [];
  const pattern = expected
    .trim()
    .split(/(\s+|\.\.\.|-?\d+\.\d+)/)
    .map((part) => {
      if (/^\s+$/.test(part)) return "\\s+";
      if (part === "...") return "[\\s\\S]*?";
      if (!/^-?\d+\.\d+$/.test(part)) return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      numbers.push(part);
      return "(-?\\d+\\.\\d+)";
    })
    .join("");
  const found = new RegExp(`^\\s*${pattern}\\s*$`).exec(actual);
  return found?.slice(1).every((number, index) => isNear(number, numbers[index]!)) ?? false;
}

/** Within two units of the last digit shown: processors differ in the last bits of an embedding. */
function isNear(actual: string, expected: string): boolean {
  const digits = expected.split(".")[1]!.length;
  return Math.abs(Number(actual) - Number(expected)) < 2.5 * 10 ** -digits;
}
