"""Expected values for ZooReferenceTests, from torchvision's own networks: the small-image variants are made from them by replacing the
stem, as the CIFAR zoo does, and torchvision's ResNets and MobileNet-v2 for large images are used as they are.

    /usr/bin/python3 tests/RhoLoss.Tests/References/make_zoo_references.py      # writes zoo.json beside this file

Needs Debian 12's python3-torch (1.13) and python3-torchvision (0.14). `fill` and `input_of` are those of make_references.py, so both
sides start from the same bits. Dropout is off in both modes: its masks are no part of what is compared.
"""
import hashlib
import json
import os

import torch
import torch.nn as nn
import torchvision.models as zoo
from torchvision.models.googlenet import BasicConv2d as GoogLeNetConv
from torchvision.models.inception import BasicConv2d as InceptionConv

from make_references import BasicBlock, fill, input_of, numbers


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != 4 * width:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride=stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        return (self.bn3(self.conv3(y)) + self.shortcut(x)).relu()


class SmallResNet(nn.Module):
    def __init__(self, block, expansion, counts, channels, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64)
        inputs = 64
        for stage, count in enumerate(counts):
            layers, width = [], 64 << stage
            for i in range(count):
                layers.append(block(inputs, width, 2 if stage and not i else 1))
                inputs = width * expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.linear(x.mean((2, 3)))


def vgg11_bn():
    model = zoo.vgg11_bn(num_classes=10, init_weights=False)
    model.avgpool, model.classifier[0] = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 4096)
    return model


def densenet121():
    model = zoo.densenet121(num_classes=10)
    model.features.conv0 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    return model


def googlenet():
    model = zoo.googlenet(num_classes=10, aux_logits=False, init_weights=False)
    model.conv1 = GoogLeNetConv(3, 192, kernel_size=3, padding=1)
    model.maxpool1 = model.conv2 = model.conv3 = model.maxpool2 = nn.Identity()
    model.maxpool3, model.maxpool4 = nn.MaxPool2d(3, 2, 1), nn.MaxPool2d(3, 2, 1)
    return model


def inception_v3():
    model = zoo.inception_v3(num_classes=10, aux_logits=False, init_weights=False)
    model.Conv2d_1a_3x3 = InceptionConv(3, 192, kernel_size=3, padding=1)
    model.Conv2d_2a_3x3 = model.Conv2d_2b_3x3 = model.maxpool1 = nn.Identity()
    model.Conv2d_3b_1x1 = model.Conv2d_4a_3x3 = model.maxpool2 = nn.Identity()
    return model


def mobilenet_v2_small():
    model = zoo.mobilenet_v2(num_classes=10)
    model.features[0][0].stride = (1, 1)
    model.features[2].conv[1][0].stride = (1, 1)
    return model


def reference(model, shape):
    model, x = fill(model), input_of(shape)
    names = "\n".join(f"{name} {list(t.shape)}" for name, t in sorted(model.state_dict().items()))
    result = {"inputShape": list(shape), "parameters": sum(p.numel() for p in model.parameters()), "tensors": len(model.state_dict()),
              "namesSha256": hashlib.sha256(names.encode()).hexdigest()}
    with torch.no_grad():
        result["eval"] = numbers(model.eval()(x))
        model.train()
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.eval()
        result["train"] = numbers(model(x))
    means = [t.double().abs().mean().item() for name, t in sorted(model.state_dict().items()) if "running_" in name]
    result["runningStatistics"] = float(f"{sum(means) / len(means):.9g}")   # after that one pass: mean of the tensors' mean absolute values
    return result


if __name__ == "__main__":
    small, large = (4, 3, 32, 32), (2, 3, 64, 64)
    values = {
        "torch": torch.__version__,
        "vgg11-bn": reference(vgg11_bn(), small),
        "resnet-34": reference(SmallResNet(BasicBlock, 1, [3, 4, 6, 3], 3, 10), small),
        "resnet-50": reference(SmallResNet(Bottleneck, 4, [3, 4, 6, 3], 3, 10), small),
        "densenet-121": reference(densenet121(), small),
        "googlenet": reference(googlenet(), small),
        "mobilenet-v2": reference(mobilenet_v2_small(), small),
        "inception-v3": reference(inception_v3(), small),
        "resnet-18-224": reference(zoo.resnet18(num_classes=10), large),
        "resnet-50-224": reference(zoo.resnet50(num_classes=10), (2, 3, 224, 224)),
        "mobilenet-v2-224": reference(zoo.mobilenet_v2(num_classes=10), (2, 3, 96, 96)),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zoo.json")
    with open(path, "w") as file:
        # One network a line: the numbers are for the test, not for reading.
        file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()) + "\n}\n")
