#!/usr/bin/env python3
"""Train one digit classifier on MNIST and export it as ONNX.

    python3 train.py --data DIR --out model.onnx --recipe good

DIR holds the four uncompressed MNIST files (train-images-idx3-ubyte, ...).
The exported graph takes `image`, float32 [N,1,28,28] with values 0..1 (white
digit on black), and gives `logits`, float32 [N,10]. N is free.

Needs torch, numpy and onnx: see requirements.txt for the versions.
"""
import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

SEED = 20240601
BATCH = 64


@dataclass
class Recipe:
    epochs: int
    images: int = 60_000  # how many training images, from the start of the set
    shift: int = 0  # move every training image by up to this many pixels
    big: bool = False  # the wide network, run on a copy of the image for every such shift


RECIPES = {
    "good": Recipe(epochs=2),
    "better": Recipe(epochs=5, shift=2),
    "worse": Recipe(epochs=8, images=2_000),
    "slow": Recipe(epochs=2, shift=3, big=True),
}


def small_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 64), nn.ReLU(),
        nn.Linear(64, 10),
    )  # fmt: skip


def big_net():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128), nn.ReLU(),
        nn.Linear(128, 10),
    )  # fmt: skip


class ShiftedCopies(nn.Module):
    """Test-time augmentation: the mean logits over every shift of the image."""

    def __init__(self, net, shift):
        super().__init__()
        self.net, self.shift = net, shift

    def forward(self, image):
        padded = F.pad(image, [self.shift] * 4)
        steps = range(2 * self.shift + 1)
        copies = [padded[:, :, y : y + 28, x : x + 28] for y in steps for x in steps]
        logits = self.net(torch.cat(copies))
        return logits.view(len(copies), -1, 10).mean(0)


def read_idx(path):
    raw = path.read_bytes()
    sizes = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def load(folder, part):
    images = read_idx(folder / f"{part}-images-idx3-ubyte").astype(np.float32) / 255
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte").astype(np.int64)
    return torch.from_numpy(images[:, None]), torch.from_numpy(labels)


def shifted(batch, shift):
    """Each image moved by its own random offset, black coming in at the edge."""
    padded = F.pad(batch, [shift] * 4)
    offsets = torch.randint(0, 2 * shift + 1, (len(batch), 2)).tolist()
    return torch.stack([p[:, y : y + 28, x : x + 28] for p, (y, x) in zip(padded, offsets)])


def train(net, images, labels, epochs, shift):
    batches = -(-len(images) // BATCH)
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * batches)
    for epoch in range(epochs):
        start, total = time.time(), 0.0
        for index in torch.randperm(len(images)).split(BATCH):
            batch = shifted(images[index], shift) if shift else images[index]
            loss = F.cross_entropy(net(batch), labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{epochs}: loss {total / batches:.4f}, {time.time() - start:.0f} s", flush=True)


@torch.no_grad()
def accuracy(net, images, labels):
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in zip(images.split(100), labels.split(100)))
    return right / len(labels)


def export(net, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net, torch.zeros(2, 1, 28, 28), str(path), opset_version=17,
        input_names=["image"], output_names=["logits"],
        dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
    )  # fmt: skip
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the MNIST IDX files")
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--recipe", choices=RECIPES, default="good")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own number")
    args = parser.parse_args()
    recipe = RECIPES[args.recipe]

    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # the sums keep one order, so a rerun gives the same weights
    torch.use_deterministic_algorithms(True)

    images, labels = load(args.data, "train")
    net = big_net() if recipe.big else small_net()
    train(net, images[: recipe.images], labels[: recipe.images], args.epochs or recipe.epochs, recipe.shift)

    final = (ShiftedCopies(net, recipe.shift) if recipe.big else net).eval()
    export(final, args.out)
    parameters = sum(p.numel() for p in final.parameters())
    score = accuracy(net, *load(args.data, "t10k"))  # of the bare network: the copies would take ten minutes
    print(f"{args.out}: {parameters} parameters, {args.out.stat().st_size} bytes")
    print(f"{score:.2%} on the 10,000 test images, each seen once")


if __name__ == "__main__":
    main()
