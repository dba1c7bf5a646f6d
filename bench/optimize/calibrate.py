"""What onnxruntime's own calibration takes: prints seconds and peak memory. Made for onnxruntime 1.32 and numpy 2.4.

    python3 calibrate.py minmax|entropy|percentile SAMPLES MODEL DATA OUT
"""
import contextlib
import io
import resource
import sys
import time

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

method, samples, given, data, out = sys.argv[1:6]


class Rows(CalibrationDataReader):
    def __init__(self):
        rows = np.load(data)["x"]
        self.rows = ({"x": rows[i * len(rows) // int(samples)][None]} for i in range(int(samples)))

    def get_next(self):
        return next(self.rows, None)


METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
begun = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    quantize_static(
        given, out, Rows(), quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8, calibrate_method=METHODS[method],
    )
seconds = time.perf_counter() - begun
print(f"{seconds} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}")
