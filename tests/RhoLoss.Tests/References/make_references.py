"""Expected values for References/*.cs, from PyTorch: an implementation that shares no code with this library's managed half.

    /usr/bin/python3 tests/RhoLoss.Tests/References/make_references.py      # writes references.json beside this file

Needs Debian 12's python3-torch (1.13); the tests themselves need no Python. Parameters and inputs are not random: they come
from `filled`, exact integer arithmetic that PyTorchReferences.cs repeats, so both sides start from the same bits.
"""
import json
import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)


def filled(count, stream):
    """Numbers in [-1, 1], float64: ((31 i^2 + 7919 i + 104729 stream) mod 10007) / 5003 - 1."""
    i = torch.arange(count, dtype=torch.int64)
    return ((31 * i * i + 7919 * i + 104729 * stream) % 10007).double() / 5003.0 - 1.0


def fill(model):
    """Sets parameters and running statistics; the stream of a tensor is its place among the names in ordinal order."""
    with torch.no_grad():
        for stream, (name, t) in enumerate(sorted(model.state_dict().items())):
            if name.endswith("num_batches_tracked"):
                continue
            v = filled(t.numel(), stream).reshape(t.shape)
            if t.dim() > 1:
                v = v * (2.4 / math.sqrt(t.numel() // t.shape[0]))   # about He's standard deviation, so that signals neither fade nor explode
            elif name.endswith("running_var"):
                v = 1.0 + 0.5 * v
            elif name.endswith("weight"):
                v = 1.0 + 0.2 * v                                     # a normalisation layer's factor
            else:
                v = 0.1 * v
            t.copy_(v.float())
    return model


class Mlp(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.depth = len(widths) - 1
        for i in range(self.depth):
            setattr(self, f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))

    def forward(self, x):
        x = x.flatten(1)
        for i in range(self.depth):
            x = getattr(self, f"fc{i + 1}")(x)
            x = F.relu(x) if i < self.depth - 1 else x
        return x


class SmallCnn(nn.Module):
    def __init__(self, channels, flat, classes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(channels, 64, 3), nn.Conv2d(64, 128, 3), nn.Conv2d(128, 256, 3)
        self.fc1, self.fc2, self.fc3 = nn.Linear(flat, 128), nn.Linear(128, 256), nn.Linear(256, classes)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.relu(F.max_pool2d(conv(x), 2, 2))
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        width = 64
        for stage in range(4):
            outputs = 64 << stage
            blocks = [BasicBlock(width, outputs, 2 if stage else 1), BasicBlock(outputs, outputs, 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            width = outputs
        self.linear = nn.Linear(512, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.linear(F.avg_pool2d(x, 4).flatten(1))


def numbers(t):
    return [float(f"{v:.9g}") for v in t.detach().double().flatten().tolist()]


def input_of(shape):
    return filled(math.prod(shape), 999).reshape(shape).float()


def bounded(logits, labels, irreducible):
    """Scores of probabilities, from the softmax in float64 and not from losses."""
    target = F.softmax(logits.double(), 1).gather(1, labels[:, None])[:, 0]
    holdout = torch.exp(-irreducible.double())
    return {"learnability": numbers(holdout * (1 - target)),
            "temperedLearnability": numbers(holdout ** 0.5 * (1 - target) ** 2),
            "smoothedLearnability": numbers((holdout + 0.25) * (1 - target) / 1.25),
            "probabilityGap": numbers(holdout - target)}


def scores(logits, labels, irreducible):
    loss = F.cross_entropy(logits, labels, reduction="none")
    gradient = F.softmax(logits, 1) - F.one_hot(labels, logits.shape[1])
    return {"logits": numbers(logits), "loss": numbers(loss), "gradientNorm": numbers(gradient.norm(dim=1)),
            "reducibleHoldoutLoss": numbers(loss - irreducible), **bounded(logits, labels, irreducible)}


def reference(model, shape, classes):
    x, n = input_of(shape), shape[0]
    labels = torch.arange(n) * 3 % classes
    irreducible = 0.5 * torch.arange(n).float()
    result = {"parameters": sum(p.numel() for p in model.parameters()), "names": sorted(model.state_dict()),
              "inputShape": list(shape), "labels": labels.tolist(), "irreducible": numbers(irreducible)}
    with torch.no_grad():
        fill(model).eval()
        result["eval"] = scores(model(x), labels, irreducible)
        model.train()
        result["train"] = scores(model(x), labels, irreducible)
    # What one forward in training mode left behind, as mean of |values| of each tensor.
    result["runningStatistics"] = {name: float(f"{t.double().abs().mean().item():.9g}")
                                   for name, t in sorted(model.state_dict().items()) if "running_" in name or "num_batches" in name}
    return result


def adamw():
    """Three steps on the mean cross-entropy of one batch."""
    model, shape = fill(Mlp(6, 5, 4)), (8, 6)
    x, labels = input_of(shape), torch.arange(8) * 3 % 4
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(f"{loss.item():.9g}"))
    return {"inputShape": list(shape), "labels": labels.tolist(), "losses": losses,
            "parameters": {name: numbers(t) for name, t in sorted(model.state_dict().items())}}


if __name__ == "__main__":
    values = {
        "torch": torch.__version__,
        "mlp": reference(Mlp(784, 512, 512, 512, 10), (4, 1, 28, 28), 10),
        "smallCnn": reference(SmallCnn(3, 1024, 10), (4, 3, 32, 32), 10),
        "smallCnn28": reference(SmallCnn(1, 256, 10), (3, 1, 28, 28), 10),
        "resNet18": reference(ResNet18(3, 10), (2, 3, 32, 32), 10),
        "adamW": adamw(),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "references.json")
    with open(path, "w") as file:
        json.dump(values, file, indent=1)
        file.write("\n")
