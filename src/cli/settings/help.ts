/** The help of a command, from its description and its settings. */
import { isRepeatable, type Section, type Sections, type Setting } from "./table.ts";

export interface Description {
  /** Arguments and options of the forms of the command, after `hpd`. */
  readonly usage: string | readonly string[];
  /** Paragraphs: what the command does. */
  readonly about: string;
  readonly sections: Sections;
  /** Paragraphs after the sections. */
  readonly notes?: string;
  /** Command lines, which are not wrapped, by what they do. */
  readonly examples: Readonly<Record<string, string>>;
}

/** Column at which explanations begin, counted from 0. */
const textColumn = 26;

/** Width of the help in a terminal of so many columns. */
export function helpWidth(columns: number | undefined): number {
  return Math.min(Math.max(columns ?? 100, 80), 100);
}

/** @param width columns of the longest line, examples apart */
export function helpText({ usage, about, sections, notes, examples }: Description, width: number): string {
  const forms = [usage].flat().map((form, index) => `${index === 0 ? "Usage: " : "       "}hpd ${form}`);
  const shown = Object.entries(examples).flatMap(([what, lines]) => [
    ...wrapped(`${what}:`, width, "  "),
    ...lines.split("\n").map((line) => `    ${line}`),
  ]);
  return [
    forms.join("\n"),
    paragraphs(about, width),
    ...Object.entries(sections).map(([title, section]) => sectionText(title, section, width)),
    ...(notes === undefined ? [] : [paragraphs(notes, width)]),
    ["Examples:", ...shown].join("\n"),
  ].join("\n\n");
}

/** Paragraphs, separated by blank lines, each wrapped. */
export function paragraphs(text: string, width: number): string {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => wrapped(paragraph, width).join("\n"))
    .join("\n\n");
}

/** Two columns: terms, and their explanations wrapped beside them. */
export function definitions(terms: Readonly<Record<string, string>>, width: number): string {
  return Object.entries(terms)
    .map(([term, text]) => {
      const lines = wrapped(text, width, " ".repeat(textColumn));
      const start = `  ${term}`;
      // A term that is too long has a line of its own.
      if (start.length > textColumn - 2) return [start, ...lines].join("\n");
      return [start.padEnd(textColumn) + lines[0]!.trimStart(), ...lines.slice(1)].join("\n");
    })
    .join("\n");
}

function sectionText(title: string, { about, terms, settings, notes }: Section, width: number): string {
  const explained = Object.values(terms ?? {}).join(" ");
  const entries = Object.entries(settings ?? {}).map(([name, setting]) => [
    termOf(name, setting),
    textOf(setting, explained),
  ]);
  return [
    [`${title}:`, ...(about === undefined ? [] : [paragraphs(about, width)])].join("\n"),
    ...(terms === undefined ? [] : [definitions(terms, width)]),
    ...(entries.length === 0 ? [] : [definitions(Object.fromEntries(entries), width)]),
    ...(notes === undefined ? [] : [`\n${paragraphs(notes, width)}`]),
  ].join("\n");
}

function termOf(name: string, { kind, short, value = "NAME" }: Setting): string {
  if (kind === "list") return `${name}:`;
  return `${short === undefined ? "" : `-${short}, `}--${name}${kind === "switch" ? "" : ` ${value}`}`;
}

/** @param explained what the section says already */
function textOf(setting: Setting, explained: string): string {
  const { choices = [], help, required, default: value, defaultsTo = value } = setting;
  // Choices are listed unless each of them is explained.
  const words = new Set(`${explained} ${help}`.match(/[\w-]+/g));
  const facts = [
    ...(choices.every((choice) => words.has(choice)) ? [] : [`one of ${choices.join(", ")}`]),
    ...(required ? ["required"] : []),
    ...(isRepeatable(setting) ? ["repeatable"] : []),
    ...(defaultsTo === undefined ? [] : [`default: ${defaultsTo}`]),
  ];
  return `${help}${facts.length === 0 ? "" : ` (${facts.join("; ")})`}`;
}

function wrapped(text: string, width: number, indent = ""): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines;
}
