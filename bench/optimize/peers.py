"""What Python's tools take for one change: prints seconds, those of processors, and peak memory. Made for onnxruntime 1.32 and onnx 1.23.

    python3 peers.py int8|int4|fp16 IN OUT
"""
import resource
import sys
import time

change, given, out = sys.argv[1:4]
begun = time.perf_counter()
if change == "int8":
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        given, out, per_channel=True, weight_type=QuantType.QInt8, use_external_data_format=True,
        extra_options={"DefaultTensorType": 1},
    )
elif change == "int4":
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(onnx.load(given), algo_config=DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True))
    quantizer.process()
    quantizer.model.save_model_to_file(out, True)
else:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load(given), keep_io_types=True, disable_shape_infer=True)
    onnx.save(model, out, save_as_external_data=True)
seconds = time.perf_counter() - begun
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"{seconds} {used.ru_utime + used.ru_stime} {used.ru_maxrss * 1024}")
