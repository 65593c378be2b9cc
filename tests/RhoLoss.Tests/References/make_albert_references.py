"""Expected values for Models/AlbertTests.cs, from PyTorch: ALBERT written again, with attention by torch.nn.functional.multi_head_attention_forward.

    /usr/bin/python3 tests/RhoLoss.Tests/References/make_albert_references.py      # writes albert.json beside this file

Needs Debian 12's python3-torch (1.13). Parameters come from make_references.fill, so both sides start from the same bits.
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

from make_references import fill, numbers

torch.set_num_threads(1)
SIZES = dict(vocabulary=50, embedding=8, hidden=12, layers=3, heads=3, intermediate=20, positions=16, classes=4)


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.dense = (nn.Linear(hidden, hidden) for _ in range(4))
        self.LayerNorm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x, padding):
        t = x.transpose(0, 1)
        y, _ = F.multi_head_attention_forward(
            t, t, t, x.shape[2], self.heads, None, torch.cat([self.query.bias, self.key.bias, self.value.bias]), None, None, False, 0.0,
            self.dense.weight, self.dense.bias, training=False, key_padding_mask=padding, need_weights=False, use_separate_proj_weight=True,
            q_proj_weight=self.query.weight, k_proj_weight=self.key.weight, v_proj_weight=self.value.weight)
        return self.LayerNorm(x + y.transpose(0, 1))


class Layer(nn.Module):
    def __init__(self, hidden, heads, intermediate):
        super().__init__()
        self.full_layer_layer_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.attention = Attention(hidden, heads)
        self.ffn = nn.Linear(hidden, intermediate)
        self.ffn_output = nn.Linear(intermediate, hidden)

    def forward(self, x, padding):
        x = self.attention(x, padding)
        return self.full_layer_layer_norm(x + self.ffn_output(F.gelu(self.ffn(x), approximate="tanh")))


def holder(**modules):
    module = nn.Module()
    for name, child in modules.items():
        module.add_module(name, child)
    return module


class Albert(nn.Module):
    """Names as in HuggingFace's AlbertForSequenceClassification."""

    def __init__(self, vocabulary, embedding, hidden, layers, heads, intermediate, positions, classes):
        super().__init__()
        self.layers = layers
        layer = Layer(hidden, heads, intermediate)
        self.albert = holder(
            embeddings=holder(word_embeddings=nn.Embedding(vocabulary, embedding), position_embeddings=nn.Embedding(positions, embedding),
                              token_type_embeddings=nn.Embedding(2, embedding), LayerNorm=nn.LayerNorm(embedding, eps=1e-12)),
            encoder=holder(embedding_hidden_mapping_in=nn.Linear(embedding, hidden),
                           albert_layer_groups=nn.ModuleList([holder(albert_layers=nn.ModuleList([layer]))])),
            pooler=nn.Linear(hidden, hidden))
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, ids):
        e = self.albert.embeddings
        x = e.word_embeddings(ids) + e.position_embeddings(torch.arange(ids.shape[1])) + e.token_type_embeddings(torch.zeros_like(ids))
        x = self.albert.encoder.embedding_hidden_mapping_in(e.LayerNorm(x))
        for _ in range(self.layers):
            x = self.albert.encoder.albert_layer_groups[0].albert_layers[0](x, ids == 0)
        return self.classifier(torch.tanh(self.albert.pooler(x[:, 0])))


if __name__ == "__main__":
    model = fill(Albert(**SIZES)).eval()
    lengths = [10, 7, 3, 5]   # two columns are padding in every row
    ids = torch.tensor([[(1 + (7 * i + 11 * r) % 49) if i < lengths[r] else 0 for i in range(12)] for r in range(4)])
    labels = torch.tensor([0, 3, 1, 2])
    logits = model(ids)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    values = {
        "torch": torch.__version__, **SIZES, "ids": ids.tolist(), "labels": labels.tolist(), "names": sorted(model.state_dict()),
        "logits": numbers(logits.detach()), "loss": float(f"{loss.item():.9g}"),
        "queryGradient": numbers(model.albert.encoder.albert_layer_groups[0].albert_layers[0].attention.query.weight.grad),
        "wordGradient": numbers(model.albert.embeddings.word_embeddings.weight.grad),
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "albert.json"), "w") as file:
        json.dump(values, file, indent=1)
        file.write("\n")
