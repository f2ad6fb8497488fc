/** HTML out of template literals: what is put in is escaped, unless it is markup itself. */
import { escapeHtml } from "../../../report/escape-html.ts";

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Content = string | number | Markup | readonly Content[] | undefined | false;

/** The literal parts are markup, the values become text or attribute values. Attributes stand in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => part + rendered(values[index])).join(""));
}

function rendered(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(rendered).join("");
  return escapeHtml(String(content));
}
