/** A block of commands, as lines for bash and command lines of `hpd` that need no shell. */

/** `hpd` with words and texts in double quotes, in which a shell would change nothing. */
const plain = /^(?:npx )?hpd((?: (?:[\w@%+=:,./-]+|"[^"$`\\!]*"))+)$/;

/** @returns in the order of the script: the arguments of `hpd` where bash would only start it, and what is bash's */
export function partsOf(script: string): (string | string[])[] {
  const parts: (string | string[])[] = [];
  for (const line of script.replaceAll(/\\\n\s*/g, "").split("\n")) {
    const [, args] = plain.exec(line.trimEnd()) ?? [];
    const last = parts.at(-1);
    if (args !== undefined) parts.push((args.match(/"[^"]*"|[^ ]+/g) ?? []).map((word) => word.replaceAll('"', "")));
    else if (typeof last === "string") parts[parts.length - 1] = `${last}\n${line}`;
    else parts.push(line);
  }
  return parts;
}
