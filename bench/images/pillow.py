"""Turns JPEGs into tensors as a Python server does; for each line it reads, CPU seconds of so many turns.

A line is: path width height rounds fast|exact
"""
import io
import sys
import time

import numpy as np
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


def tensor(data, size, fast):
    image = Image.open(io.BytesIO(data))
    if fast:
        image.draft("RGB", size)
    image = image.convert("RGB")
    if image.size != size:
        image = image.resize(size, Image.BILINEAR)
    values = (np.asarray(image, dtype=np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


for line in sys.stdin:
    path, width, height, rounds, how = line.split()
    with open(path, "rb") as file:
        data = file.read()
    size = (int(width), int(height))
    made = tensor(data, size, how == "fast")
    before = time.process_time()
    for _ in range(int(rounds)):
        tensor(data, size, how == "fast")
    took = time.process_time() - before
    print(took / int(rounds), float(made.astype(np.float64).sum()), flush=True)
