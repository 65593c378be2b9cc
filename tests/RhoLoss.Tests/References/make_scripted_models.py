"""Small models in TorchScript for ScriptedModelTests.cs, as PyTorch writes them, and what PyTorch makes of an input.

    /usr/bin/python3 tests/RhoLoss.Tests/References/make_scripted_models.py     # writes the folder scripted beside this file

Needs Debian 12's python3-torch (1.13); the tests themselves need no Python. Parameters come from `filled` of make_references.py.
What only helps debuggers (*.debug_pkl) is left out of the archives.
"""
import io
import json
import os
import zipfile

import torch
import torch.nn as nn

from make_references import fill, filled

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripted")


class Net(nn.Module):
    """DropoutNet of Training/Toys.cs."""

    def __init__(self):
        super().__init__()
        self.first, self.dropout, self.second = nn.Linear(8, 16), nn.Dropout(0.3), nn.Linear(16, 3)

    def forward(self, x):
        return self.second(self.dropout(torch.relu(self.first(x))))


class ConvNet(nn.Module):
    """A convolution with BatchNorm, mean over the image, one linear layer."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.linear = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.Linear(4, 3)

    def forward(self, x):
        return self.linear(torch.relu(self.norm(self.conv(x))).mean([2, 3]))


class DeepNet(nn.Module):
    """So many operations that LibTorch would take the optimised ones for them, after it has seen some passes."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 3)
        self.dropout = nn.Dropout(0.15)

    def forward(self, x):
        x = self.dropout(torch.tanh(self.first(x)) * torch.sigmoid(x))
        x = self.dropout(torch.tanh(self.second(x)) * torch.sigmoid(x))
        return self.third(x)


class Pair(nn.Module):
    """Two outputs."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 3)

    def forward(self, x):
        y = self.linear(x)
        return y, y.sum()


class Tied(nn.Module):
    """One weight in two places."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class Counting(nn.Module):
    """A buffer that each pass replaces."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 3)
        self.register_buffer("passes", torch.zeros(1))

    def forward(self, x):
        self.passes = self.passes + 1
        return self.linear(x) / self.passes


class Instances(nn.Module):
    """InstanceNorm with running statistics after a strided convolution with a kernel of 1."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 1, stride=2), nn.InstanceNorm2d(4, affine=True, track_running_stats=True)

    def forward(self, x):
        return self.norm(self.conv(x)).mean([2, 3])


def filled_model(model):
    fill(model)
    return model


def write(name, save):
    """The archive without its debuggers' files, in a folder of its own name."""
    made = io.BytesIO()
    save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(os.path.join(FOLDER, name), "w", zipfile.ZIP_DEFLATED) as target:
        for entry in sorted(e for e in source.namelist() if not e.endswith(".debug_pkl")):
            inside = name.split(".")[0] + "/" + entry.split("/", 1)[1]
            info = zipfile.ZipInfo(inside, (2000, 1, 1, 0, 0, 0))
            target.writestr(info, source.read(entry), zipfile.ZIP_STORED)


def script(name, model):
    write(name, lambda file: torch.jit.save(torch.jit.script(model), file))


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    torch.manual_seed(1)
    net, conv = filled_model(Net()), filled_model(ConvNet())
    script("mlp.pt", net)
    script("convnet.pt", conv)
    script("deepnet.pt", filled_model(DeepNet()))
    script("pair.pt", Pair())
    script("tied.pt", Tied())
    script("counting.pt", Counting())
    script("instances.pt", Instances())
    write("frozen.pt", lambda file: torch.jit.save(torch.jit.freeze(torch.jit.script(Net().eval())), file))
    write("traced.pt", lambda file: torch.jit.save(torch.jit.trace(Net().eval(), torch.zeros(2, 8)), file))
    write("traced-convnet.pt", lambda file: torch.jit.save(
        torch.jit.trace(ConvNet(), torch.zeros(2, 3, 8, 8), check_trace=False), file))
    write("weights.pt", lambda file: torch.save(net.state_dict(), file))
    with torch.no_grad():
        outputs = {
            "torch": torch.__version__,
            "mlp": net.eval()(filled(4 * 8, 50).float().reshape(4, 8)).flatten().tolist(),
            "convnet": conv.eval()(filled(2 * 3 * 8 * 8, 51).float().reshape(2, 3, 8, 8)).flatten().tolist(),
        }
    with open(os.path.join(FOLDER, "outputs.json"), "w") as file:
        json.dump(outputs, file, indent=1)
        file.write("\n")
