"""Writes op-arguments.ts: how many values TensorFlow's ops take, and what their outputs are called.

Run with tensorflow 2.21.0. Of the ops in hazards/harmless-ops.ts those that a model may need when it predicts: none of
training, data sets, queues and quantized kernels.

    python make-arguments.py > op-arguments.ts
"""

import os
import re
import textwrap

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

HERE = os.path.dirname(os.path.abspath(__file__))
NO_PREDICTION = re.compile(
    r"Grad|Backprop|Quantiz|Requanti|Xla|SparseCore|BoostedTrees|Dataset|Iterator|Apply|Accumulator|Sdca|Queue|Barrier"
    r"|Seed|Cache|Summary|Stage|Map(Clear|Size|Peek)|Canonical|Mutex|Rng|Debug|Candidate|Sampler|CSRSparse|Session|^Parse"
)

with open(os.path.join(HERE, "../hazards/harmless-ops.ts")) as file:
    names = sorted(set(re.findall(r"\b_?[A-Z][A-Za-z0-9]+\b", file.read())))



def is_list(arg):
    return bool(arg.number_attr or arg.type_list_attr)


def fewest(op):
    minimums = {attr.name: attr.minimum for attr in op.attr if attr.has_minimum}
    return sum(minimums.get(arg.number_attr or arg.type_list_attr, 0) if is_list(arg) else 1 for arg in op.input_arg)


by_count, outputs = {}, []
for name in names:
    op = op_def_registry.get(name)
    if op is None or NO_PREDICTION.search(name):
        continue
    count = f"{fewest(op)}{'+' if any(map(is_list, op.input_arg)) else ''}"
    by_count.setdefault(count, []).append(name)
    if len(op.output_arg) > 1:
        outputs.append((name, " ".join(arg.name + ("*" if is_list(arg) else "") for arg in op.output_arg)))

print("/**")
print(" * How many values TensorFlow 2.21's ops take (`2+`: two or more), each line a count and ops. Made by")
print(" * make-arguments.py, which says of which ops.")
print(" */")
print("export const INPUT_COUNTS: readonly string[] = [")
for count in sorted(by_count):
    for line in textwrap.wrap(" ".join(by_count[count]), 100):
        print(f"  '{count} {line}',")
print("]")
print()
print("/** Names of outputs in order, where there are several: as functions call them. `*` stands behind a list. */")
print("export const OUTPUT_NAMES: readonly string[] = [")
for name, arguments in outputs:
    print(f"  '{name} {arguments}',")
print("]")
