"""A network that knows pieces of clothing, as model.onnx and test.npz for bench/optimize.

    python3 clothes.py FASHION OUT [EPOCHS=2] [residual|mlp]

FASHION: the folder of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, MIT licence; Debian dataset-fashion-mnist,
/usr/share/datasets/fashion-mnist). `residual`: 18 layers as in He et al. 2015 with half the channels (2.8 M parameters);
`mlp`: 784-1024-1024-10 (1.9 M). Trained on its 60,000 photographs and tested on its other 10,000. Made for torch 2.15.
"""
import gzip
import pathlib
import sys

import numpy
import torch
from torch import nn

BATCH = 64
RATE = 0.1
CHANNELS = (32, 64, 128, 256)
folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 2
kind = sys.argv[4] if len(sys.argv) > 4 else "residual"
torch.manual_seed(0)


def idx(name, header):
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    return numpy.frombuffer(data, "uint8", offset=header)


def examples(which):
    pixels = idx(f"{which}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return (pixels / 255).astype("float32"), idx(f"{which}-labels-idx1-ubyte", 8).astype("int64")


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after),
        )
        same = before == after and stride == 1
        self.skip = nn.Identity() if same else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return torch.relu(self.body(x) + self.skip(x))


def residual():
    layers = [nn.Conv2d(1, CHANNELS[0], 3, 1, 1, bias=False), nn.BatchNorm2d(CHANNELS[0]), nn.ReLU()]
    before = CHANNELS[0]
    for after in CHANNELS:
        layers += [Block(before, after, 1 if after == CHANNELS[0] else 2), Block(after, after, 1)]
        before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))


model = {"residual": residual, "mlp": mlp}[kind]()
(train, train_labels), (test, test_labels) = examples("train"), examples("t10k")
steps = epochs * (len(train) // BATCH)
optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
for epoch in range(epochs):
    order = torch.randperm(len(train)).numpy()
    for at in range(0, len(order) - BATCH + 1, BATCH):
        some = order[at : at + BATCH]
        x = torch.from_numpy(train[some])
        if torch.rand(()) < 0.5:
            x = x.flip(3)
        loss = nn.functional.cross_entropy(model(x), torch.from_numpy(train_labels[some]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
model.eval()
with torch.no_grad():
    said = numpy.concatenate([model(torch.from_numpy(test[at : at + 100])).argmax(1).numpy() for at in range(0, len(test), 100)])

out.mkdir(parents=True, exist_ok=True)
torch.onnx.export(
    model, (torch.from_numpy(test[:2]),), out / "model.onnx", input_names=["image"], output_names=["logits"],
    dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}}, opset_version=17, dynamo=False,
)
numpy.savez(out / "test.npz", x=test, y=test_labels)
print(f"accuracy {(said == test_labels).mean():.4f}")
