/** A block of commands, as lines for bash and command lines of `hpd` and `npm` that need no shell. */

/** A program with words and texts in double quotes, in which a shell would change nothing. */
const plain = /^(?:npx )?((?:hpd|npm)(?: (?:[\w@%+=:,./-]+|"[^"$`\\!]*"))+)$/;

/** @returns in the order of the script: program and arguments where bash would only start it, and what is bash's */
export function partsOf(script: string): (string | string[])[] {
  const parts: (string | string[])[] = [];
  for (const line of script.replaceAll(/\\\n\s*/g, "").split("\n")) {
    const [, words] = plain.exec(line.trimEnd()) ?? [];
    const last = parts.at(-1);
    if (words !== undefined) parts.push((words.match(/"[^"]*"|[^ ]+/g) ?? []).map((word) => word.replaceAll('"', "")));
    else if (typeof last === "string") parts[parts.length - 1] = `${last}\n${line}`;
    else parts.push(line);
  }
  return parts;
}
