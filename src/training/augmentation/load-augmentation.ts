/** Variants of a sentence, as options ask for them. */
import { HpdError } from "../../errors.ts";
import type { Random } from "../random.ts";
import type { AugmentationOptions } from "./options.ts";

/** The variants of a sentence; one may equal another or the sentence. */
export type Augment = (text: string, random: Random) => string[];

/** @throws HpdError `invalid_argument` */
export async function loadAugmentation(_options: AugmentationOptions): Promise<Augment> {
  throw new HpdError("unsupported", "augmentation comes next");
}
