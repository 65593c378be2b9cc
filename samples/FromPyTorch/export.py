"""What FromPyTorch loads, written by PyTorch (made with 1.13): python export.py

The weights are as PyTorch draws them, in the place of trained ones: a trained network is saved in the same way.
"""
import json
import struct

import torch
import torch.nn as nn


class PooledNet(nn.Module):
    """Means of 4 × 4 pixels, a hidden layer with dropout, a classifier."""

    def __init__(self, classes):
        super().__init__()
        self.pool = nn.AvgPool2d(4)
        self.hidden, self.dropout, self.classifier = nn.Linear(49, 32), nn.Dropout(0.1), nn.Linear(32, classes)

    def forward(self, x):
        x = self.pool(x.reshape(-1, 1, 28, 28)).flatten(1)
        return self.classifier(self.dropout(torch.relu(self.hidden(x))))


def save_file(tensors, path):
    """What safetensors.torch.save_file(tensors, path) writes, for float32, without that package."""
    header, data = {}, b""
    for name, t in tensors.items():
        numbers = t.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(1)
torch.jit.script(PooledNet(classes=10)).save("model.pt")

five = nn.DataParallel(PooledNet(classes=5))   # its names begin with "module."
save_file(five.state_dict(), "weights.safetensors")
