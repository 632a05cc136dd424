"""Files of networks as other people write them."""

from pathlib import Path

RESIDUAL = """
import torch
from torch import nn

RECIPE = {"epochs": 2, "batch_size": 64, "optimizer": "adamw", "learning_rate": 0.01}


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, maps):
        return torch.relu(maps + self.norm(self.conv(maps)))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.block1, self.block2 = Block(8), Block(8)
        self.head = nn.Linear(8, 10)

    def forward(self, images):
        return self.head(self.block2(self.block1(self.stem(images))).mean((2, 3)))
"""

TRANSFORMER = """
import torch
from torch import nn

RECIPE = dict(epochs=2, learning_rate=0.003, ema=0.9)


class PatchTransformer(nn.Module):
    def __init__(self, width: int = 16):
        super().__init__()
        self.patches = nn.Conv2d(1, width, 7, stride=7)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, 17, width) * 0.02)
        layer = nn.TransformerEncoderLayer(width, 2, 32, dropout=0.1, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(width, 10)
        self.register_buffer("mask", torch.zeros(width))

    def forward(self, images):
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(images), -1, -1), patches], 1) + self.places
        return self.head(self.body(tokens + self.mask)[:, 0])


def small():
    return PatchTransformer(8)
"""

PERCEPTRON = '''
import torch.nn.functional as F
from torch import nn


class Perceptron(nn.Module):
    """Two layers that share their weights, and a frozen scale."""

    def __init__(self):
        super().__init__()
        self.first = nn.LazyLinear(32)
        self.second, self.third = nn.Linear(32, 32), nn.Linear(32, 32)
        self.third.weight = self.second.weight
        self.out = nn.Linear(32, 10)
        self.scale = nn.Parameter(nn.init.constant_(self.out.bias.new_empty(1), 0.5), requires_grad=False)

    def forward(self, x):
        x = F.relu(self.first(x.flatten(1)))
        x = F.dropout(F.relu(self.third(F.relu(self.second(x)))), 0.1, self.training)
        return self.out(x) * self.scale
'''

STYLES = {"ResNet": RESIDUAL, "PatchTransformer": TRANSFORMER, "Perceptron": PERCEPTRON}
"""Text of a file by the class in it."""


def write_network(folder: Path, name: str) -> str:
    """Write a network's file and return it as `--model` takes it."""
    path = folder / f"{name.lower()}.py"
    path.write_text(STYLES[name])
    return f"{path}:{name}"
