"""GPT-2's forward pass in plain Python, in float64, without any package: what CausalTransformer is compared with.

    python3 make_transformer_references.py      # writes transformer.json beside this file

Parameters come from the integer arithmetic of make_references.filled, rounded to float32, so both sides start from the same bits; weights of
linear maps are [out, in]. Gradients are central differences of the loss.
"""
import json
import math
import os
import struct

VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH = 11, 8, 2, 3, 12
IDS = [[1, 5, 9, 2, 2, 10], [0, 7, 3, 4, 8, 6]]
LABELS = [[5, 9, 2, 2, 10, 0], [7, 3, 4, -100, -100, -100]]


def filled(i, stream):
    return (31 * i * i + 7919 * i + 104729 * stream) % 10007 / 5003 - 1


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def shapes():
    of = {"transformer.wte.weight": (VOCABULARY, WIDTH), "transformer.wpe.weight": (CONTEXT, WIDTH),
          "transformer.ln_f.weight": (WIDTH,), "transformer.ln_f.bias": (WIDTH,)}
    for layer in range(LAYERS):
        h = f"transformer.h.{layer}."
        for norm in ("ln_1", "ln_2"):
            of[f"{h}{norm}.weight"] = of[f"{h}{norm}.bias"] = (WIDTH,)
        for name, out, inputs in (("attn.c_attn", 3 * WIDTH, WIDTH), ("attn.c_proj", WIDTH, WIDTH),
                                  ("mlp.c_fc", 4 * WIDTH, WIDTH), ("mlp.c_proj", WIDTH, 4 * WIDTH)):
            of[f"{h}{name}.weight"], of[f"{h}{name}.bias"] = (out, inputs), (out,)
    return of


def parameters():
    values = {}
    for stream, (name, shape) in enumerate(sorted(shapes().items())):
        count = math.prod(shape)
        scale = (lambda v: v * (2.4 / math.sqrt(count / shape[0]))) if len(shape) > 1 \
            else (lambda v: 1 + 0.2 * v) if name.endswith("weight") else (lambda v: 0.1 * v)
        values[name] = [float32(scale(filled(i, stream))) for i in range(count)]
    return values


def norm(x, p, name):
    weight, bias = p[name + ".weight"], p[name + ".bias"]
    mean = sum(x) / len(x)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in x) / len(x) + 1e-5)
    return [(v - mean) / deviation * w + b for v, w, b in zip(x, weight, bias)]


def linear(x, p, name):
    weight, bias, n = p[name + ".weight"], p[name + ".bias"], len(x)
    return [b + sum(weight[o * n + i] * x[i] for i in range(n)) for o, b in enumerate(bias)]


def gelu(v):
    return 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3)))


def softmax(x):
    highest = max(x)
    e = [math.exp(v - highest) for v in x]
    return [v / sum(e) for v in e]


def attention(xs, p, name):
    qkv = [linear(x, p, name + ".c_attn") for x in xs]
    size = WIDTH // HEADS
    result = []
    for t in range(len(xs)):
        merged = []
        for head in range(HEADS):
            at = head * size
            q = qkv[t][at:at + size]
            keys = [row[WIDTH + at:WIDTH + at + size] for row in qkv[:t + 1]]
            values = [row[2 * WIDTH + at:2 * WIDTH + at + size] for row in qkv[:t + 1]]
            shares = softmax([sum(a * b for a, b in zip(q, k)) / math.sqrt(size) for k in keys])
            merged += [sum(s * v[i] for s, v in zip(shares, values)) for i in range(size)]
        result.append(linear(merged, p, name + ".c_proj"))
    return result


def add(xs, ys):
    return [[a + b for a, b in zip(x, y)] for x, y in zip(xs, ys)]


def forward(ids, p):
    wte, wpe = p["transformer.wte.weight"], p["transformer.wpe.weight"]
    rows = [wte[WIDTH * v:WIDTH * (v + 1)] for v in range(VOCABULARY)]
    xs = [[a + b for a, b in zip(rows[v], wpe[WIDTH * t:WIDTH * (t + 1)])] for t, v in enumerate(ids)]
    for layer in range(LAYERS):
        h = f"transformer.h.{layer}."
        xs = add(xs, attention([norm(x, p, h + "ln_1") for x in xs], p, h + "attn"))
        xs = add(xs, [linear([gelu(v) for v in linear(norm(x, p, h + "ln_2"), p, h + "mlp.c_fc")], p, h + "mlp.c_proj") for x in xs])
    xs = [norm(x, p, "transformer.ln_f") for x in xs]
    return [[sum(a * b for a, b in zip(x, row)) for row in rows] for x in xs]


def losses(logits, labels):
    return [0.0 if y == -100 else -math.log(softmax(z)[y]) for z, y in zip(logits, labels)]


def loss(p):
    """Mean over all tokens that count."""
    all_losses = [losses(forward(ids, p), labels) for ids, labels in zip(IDS, LABELS)]
    return sum(map(sum, all_losses)) / sum(y != -100 for labels in LABELS for y in labels)


def difference(p, name, i, step=1e-5):
    before, ends = p[name][i], []
    for sign in (1, -1):
        p[name][i] = before + sign * step
        ends.append(loss(p))
    p[name][i] = before
    return (ends[0] - ends[1]) / (2 * step)


if __name__ == "__main__":
    p = parameters()
    logits = [forward(ids, p) for ids in IDS]
    shape = shapes()
    values = {
        "vocabulary": VOCABULARY, "context": CONTEXT, "layers": LAYERS, "heads": HEADS, "width": WIDTH,
        "names": sorted(p), "ids": sum(IDS, []), "labels": sum(LABELS, []),
        "logits": [float(f"{v:.10g}") for sequence in logits for row in sequence for v in row],
        "losses": [float(f"{v:.10g}") for z, y in zip(logits, LABELS) for v in losses(z, y)],
        "loss": float(f"{loss(p):.10g}"),
        # Three places of every parameter: first, middle, last.
        "gradients": {name: [float(f"{difference(p, name, i):.8g}") for i in (0, len(p[name]) // 2, len(p[name]) - 1)] for name in sorted(p)},
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "transformer.json"), "w") as file:
        json.dump(values, file, indent=1)
        file.write("\n")
