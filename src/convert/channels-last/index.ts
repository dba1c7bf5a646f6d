/**
 * Image ops as TensorFlow, Keras and TFLite have them, over ONNX's: they take and give images `[N, …spatial, C]` (or
 * `[N, C, …spatial]` with `layout: 'channels-first'`) of 1, 2 or 3 spatial axes, and kernels in TensorFlow's order.
 * Each turns its image, computes, and turns it back; a pass removes the turns that meet.
 *
 *   conv(b, x, kernel, { padding: 'same', strides: [2, 2], bias })
 *
 * A kernel that is a weight, in the graph or not yet (`OnnxTensor`), is permuted when it is written. Contradictions
 * of shapes throw CONVERT_INVALID.
 */
export { batchNorm, type ChannelStatistics } from './batch-norm.ts'
export { type ConvOptions, conv, depthwise } from './conv.ts'
export { axesOf, fromFirst, type Layout, toFirst, transpose } from './layout.ts'
export { type Padding, slide, type Window } from './padding.ts'
export { type Kernel, permuted } from './permuted.ts'
export { globalPool, type Pooling, pool } from './pool.ts'
export { type ResampleOptions, type Resampling, resample } from './resample.ts'
export { type ResizeOptions, resize } from './resize.ts'
export { type TransposedConvOptions, transposedConv } from './transposed-conv.ts'
