"""
One of Keras' image applications with random weights, and its answers: `make.py NAME FOLDER`. Writes model.keras and
answers.npz, and prints how long TensorFlow takes for one image, in milliseconds: the median of some calls of
model.predict, and of a compiled tf.function. Versions that were used: keras 3.15.1, tensorflow-cpu 2.21.0.
"""

import json
import os
import sys
import time

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import tensorflow as tf

ROUNDS = 10


def randomize(model, rng):
    """Statistics and scales that are none of them zero or one; activations keep their size through all layers."""
    for layer in model.layers:
        for variable in layer.weights:
            name = variable.path.split("/")[-1]
            shape = variable.shape
            if "variance" in name:
                variable.assign(rng.uniform(0.5, 1.5, shape))
            elif name in ("mean", "moving_mean", "beta", "bias"):
                variable.assign(rng.normal(0, 0.1, shape))
            elif name == "gamma" and "LayerScale" not in type(layer).__name__:
                variable.assign(rng.uniform(0.8, 1.2, shape))
            elif name == "gamma":
                variable.assign(rng.uniform(0.1, 0.3, shape))


def calibrate(model, images, rng):
    """
    Batch norms get the mean square of what they really see as variance, and half of its mean: activations keep their size
    in all layers. With made-up statistics these deep networks blow up, and with the true variance of noise, which is far
    smaller than its mean, each layer makes the rounding of the one before larger: then float32 itself, TensorFlow's
    too, differs from float64 by more than the tolerance.
    """
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:
        layer.momentum = 0.0
    if norms:
        model(images, training=True)
    for layer in norms:
        layer.momentum = 0.99
        mean, variance = np.array(layer.moving_mean), np.array(layer.moving_variance)
        layer.moving_mean.assign(mean * rng.uniform(0.4, 0.6, mean.shape))
        layer.moving_variance.assign((variance + mean**2) * rng.uniform(0.8, 1.25, mean.shape) + 1e-3)


def median(call):
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


name, folder = sys.argv[1:]
keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
model = getattr(keras.applications, name)(weights=None)
randomize(model, rng)
# What Normalization normalizes by is worked out when its variables are loaded: so the file is what answers.
model.save(f"{folder}/model.keras")
model = keras.saving.load_model(f"{folder}/model.keras")
size = [side or 224 for side in model.input_shape[1:]]
images = rng.uniform(0, 255 if "Rescaling" in {type(layer).__name__ for layer in model.layers} else 1, (2, *size))
images = images.astype("float32")
calibrate(model, images, rng)
model.save(f"{folder}/model.keras")
answers = model.predict(images, verbose=0)
np.savez(f"{folder}/answers.npz", images=images, answers=answers)
one = tf.constant(images[:1])
function = tf.function(lambda x: model(x, training=False))
print(
    json.dumps(
        {
            "parameters": model.count_params(),
            "predict": median(lambda: model.predict(images[:1], verbose=0)),
            "compiled": median(lambda: function(one).numpy()),
        }
    )
)
