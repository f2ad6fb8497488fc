/** `/tokenize`: the tokens of texts as the model makes them. */
import { specialTokensAround } from "../engine/token-ids.ts";
import type { Services } from "../services.ts";
import { type Call, json, type Reply } from "./api.ts";

export async function tokenize(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const { name, model } = services.models.embedder(fields.string("model"));
  note({ model: name });
  const given = fields.value("inputs");
  const inputs = typeof given === "string" ? [given] : fields.strings("inputs");
  services.requireInputs(inputs.length, "inputs");
  const withSpecial = fields.boolean("add_special_tokens") ?? true;
  const promptName = fields.string("prompt_name");
  const request = { truncate: false, ...(promptName !== undefined && { promptName }) };
  const engine = services.embedding(model);
  const { items } = await engine.tokenizeWhole(inputs, request, signal);
  note({ inputs: inputs.length, tokens: items.map(({ tokens }) => tokens) });
  const spellings = await engine.spellings();
  const { before, after } = specialTokensAround(model);
  return json(
    items.map(({ ids }) =>
      Array.from(ids, (id, at) => ({
        id,
        text: spellings.get(id) ?? "",
        special: at < before.length || at >= ids.length - after.length,
        start: null,
        stop: null,
      })).filter((token) => withSpecial || !token.special),
    ),
  );
}
