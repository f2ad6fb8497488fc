"""JinaBERT v2 in plain PyTorch: what jina-embeddings-v2 computes, for gold values.

Source: written after text-embeddings-inference's candle models `jina.rs`, `jina_code.rs` and `alibi.rs` and the ALiBi paper
(arXiv 2108.12409). transformers has no such model: the authors' code lies beside their weights and doesn't run in
transformers 5.
Limits: an encoder at inference, single texts (token type 0), float32.
"""

import math

import torch
from torch import nn


def alibi_slopes(heads):
    """2^(-8 i / heads), and for a number of heads that is no power of two every second slope of the next one too."""
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    return slopes + [2 ** (-4 * (2 * i + 1) / power) for i in range(heads - power)]


class JinaBert(nn.Module):
    """`code` is the variant of jina-embeddings-v2-base-code, with norms over queries and keys."""

    def __init__(self, vocabulary, hidden, layers, heads, intermediate, act, epsilon=1e-12, code=False):
        super().__init__()
        self.heads, self.code, self.act = heads, code, act
        norm = lambda: nn.LayerNorm(hidden, eps=epsilon)  # noqa: E731
        linear = lambda: nn.Linear(hidden, hidden)  # noqa: E731
        self.embeddings = nn.ModuleDict({
            "word_embeddings": nn.Embedding(vocabulary, hidden),
            "token_type_embeddings": nn.Embedding(2, hidden),
            "LayerNorm": norm(),
        })  # fmt: skip

        def layer():
            attention = {"query": linear(), "key": linear(), "value": linear()}
            gated, down = nn.Linear(hidden, 2 * intermediate, bias=False), nn.Linear(intermediate, hidden)
            if code:
                attention |= {"layer_norm_q": norm(), "layer_norm_k": norm()}
                mlp = {"up_gated_layer": gated, "down_layer": down}
                norms = {"layer_norm_1": norm(), "layer_norm_2": norm()}
            else:
                mlp, norms = {"gated_layers": gated, "wo": down, "layernorm": norm()}, {}
            output = nn.ModuleDict({"dense": linear(), "LayerNorm": norm()})
            return nn.ModuleDict({
                "attention": nn.ModuleDict({"self": nn.ModuleDict(attention), "output": output}),
                "mlp": nn.ModuleDict(mlp), **norms,
            })  # fmt: skip

        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(layer() for _ in range(layers))})

    def attend(self, x, mask, part):
        own = part["self"]
        query, key, value = own["query"](x), own["key"](x), own["value"](x)
        if self.code:
            query, key = own["layer_norm_q"](query), own["layer_norm_k"](key)
        batch, sequence, hidden = x.shape
        query, key, value = (
            t.view(batch, sequence, self.heads, -1).transpose(1, 2) for t in (query, key, value)
        )  # [batch, heads, sequence, width]
        positions = torch.arange(sequence)
        distance = (positions[:, None] - positions[None, :]).abs().float()
        bias = -torch.tensor(alibi_slopes(self.heads))[:, None, None] * distance
        scores = query @ key.transpose(2, 3) / math.sqrt(hidden // self.heads) + bias
        scores = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
        attended = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, sequence, hidden)
        return part["output"]["LayerNorm"](part["output"]["dense"](attended) + x)

    def forward(self, ids, mask):
        types = self.embeddings["token_type_embeddings"].weight[0]
        x = self.embeddings["LayerNorm"](self.embeddings["word_embeddings"](ids) + types)
        for layer in self.encoder["layer"]:
            attended, mlp = self.attend(x, mask, layer["attention"]), layer["mlp"]
            if self.code:
                x = layer["layer_norm_1"](x + attended)
                up, gate = mlp["up_gated_layer"](x).chunk(2, -1)
                x = layer["layer_norm_2"](x + mlp["down_layer"](up * self.act(gate)))
            else:
                gate, up = mlp["gated_layers"](attended).chunk(2, -1)
                x = mlp["layernorm"](attended + mlp["wo"](self.act(gate) * up))
        return x
