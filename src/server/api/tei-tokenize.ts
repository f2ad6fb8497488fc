/** `/tokenize`: the tokens of texts as the model makes them. */
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
  const { items } = await services.embedding(model).tokenizeWhole(inputs, request, signal);
  note({ inputs: inputs.length, tokens: items.map(({ tokens }) => tokens) });
  const [spellings, special] = [await model.tokenSpellings(), model.specialTokenIds];
  return json(
    items.map(({ ids }) =>
      Array.from(ids, (id) => ({
        id,
        text: spellings.get(id) ?? "",
        special: special.has(id),
        start: null,
        stop: null,
      })).filter((token) => withSpecial || !token.special),
    ),
  );
}
