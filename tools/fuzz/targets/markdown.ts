/** Markdown as `hpd index build` makes passages of it. */

import type { Block } from "../../../src/passage-index/chunk/block.ts";
import { chunkBlocks } from "../../../src/passage-index/chunk/chunk.ts";
import { blocksOfFile } from "../../../src/passage-index/files/blocks-of-file.ts";
import { mutateText, pick } from "../mutate.ts";
import type { Target } from "../target.ts";
import { temporaryFile } from "../temporary-file.ts";

const documents = [
  '---\ntitle: "A plan"\ntags: [plan, 2024]\ndate: 2024-01-02\n---\n# Title\n\nText of it. And more.\n\n## Part\n\n- item\n- other\n',
  "Setext\n======\n\n```ts\nconst a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n1. one\n2. two\n",
  "# <img src='a.png'> [Badge](https://x.y) `code` **bold**\n\nParagraph one.\nStill one.\n\n~~~\nfence\n~~~\n",
];

export const markdown: Target = {
  name: "markdown",
  input(random) {
    const text = mutateText(random, pick(random, documents));
    const maxTokens = pick(random, [8, 32, 256]);
    return {
      shown: `maxTokens ${maxTokens}: ${JSON.stringify(text)}`,
      async read() {
        const path = temporaryFile("document.md", text);
        const blocks: Block[] = [];
        for await (const block of blocksOfFile(path, { isLines: false, field: "text", onProblem: () => {} }, undefined))
          blocks.push(block);
        const countTokens = (part: string) => 2 + Math.ceil(part.length / 4);
        for (const { text: passage } of chunkBlocks(blocks, { countTokens, maxTokens, overlapTokens: 4 })) {
          if (countTokens(passage) > maxTokens) throw new Error(`a passage of ${passage.length} characters`);
        }
      },
    };
  },
};
