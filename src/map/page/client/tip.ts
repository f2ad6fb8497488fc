/** The text under the pointer. */
import { byId } from "../../../report/client/elements.ts";
import type { Position } from "./viewport.ts";

/** @param text undefined hides it */
export function showTip(text: string | undefined, { x, y }: Position = { x: 0, y: 0 }): void {
  const tip = byId("tip");
  tip.hidden = text === undefined;
  if (text === undefined) return;
  tip.textContent = text === "" ? "(empty)" : text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
}
