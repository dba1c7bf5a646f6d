/** Ops that are known and never converted, with what their owner can do. */
export interface RefusedOp {
  readonly why: string
  readonly hint: string
}

const group = (names: string, why: string, hint: string): Record<string, RefusedOp> =>
  Object.fromEntries(names.split(' ').map(name => [name, { why, hint }]))

export const REFUSED_OPS: Readonly<Record<string, RefusedOp>> = {
  ...group(
    'PyFunc PyFuncStateless EagerPyFunc',
    'its code is in the Python program that made the model',
    'Write tf.py_function and tf.numpy_function with TensorFlow ops.',
  ),
  ...group(
    'XlaCallModule XlaLaunch XlaLaunchV2 TPUPartitionedCall',
    'it holds compiled code',
    'Export JAX models with jax2onnx, or with jax2tf and native_serialization=False.',
  ),
  ...group(
    'ReadFile WriteFile MatchingFiles SaveV2 RestoreV2 MergeV2Checkpoints PrintV2',
    'it works with files',
    'Read files before the model is called.',
  ),
  ...group(
    'AssignVariableOp AssignAddVariableOp AssignSubVariableOp Assign AssignAdd AssignSub',
    'the model changes its variables when it predicts',
    'Give states to the model as inputs, and take them as outputs.',
  ),
  ...group(
    'StringToHashBucketFast StringToHashBucketStrong StringToHashBucket',
    'ONNX has no op for its hash function',
    'Look texts up in a vocabulary (StringLookup) instead of hashing them.',
  ),
  ...group(
    [
      'RandomUniform RandomStandardNormal RandomUniformInt TruncatedNormal Multinomial RandomShuffle RandomGamma',
      'StatelessRandomUniform StatelessRandomUniformV2 StatelessRandomUniformInt StatelessRandomUniformIntV2',
      'StatelessRandomNormal StatelessRandomNormalV2 StatelessTruncatedNormal StatelessTruncatedNormalV2',
      'StatelessMultinomial StatelessRandomGetKeyCounter StatelessRandomGetAlg RngReadAndSkip RandomPoissonV2',
    ].join(' '),
    'every call would give another answer',
    'Export the model for inference: call it with training=False.',
  ),
  ...group(
    'DecodeJpeg DecodePng DecodeGif DecodeBmp DecodeImage DecodeWebP DecodeAndCropJpeg EncodeJpeg EncodePng',
    'it reads or writes image files',
    'Give the model pixels: decode images before it is called.',
  ),
  ...group(
    'ParseExample ParseExampleV2 ParseSingleExample ParseSequenceExample ParseSequenceExampleV2 DecodeProtoV2 DecodeCSV DecodeJSONExample DecodeRaw DecodePaddedRaw DecodeBase64 EncodeBase64 DecodeCompressed ParseTensor',
    'it reads serialized records',
    'Choose a signature, or save the model with one, that takes tensors.',
  ),
  ...group(
    'DecodeWav EncodeWav AudioSpectrogram Mfcc',
    'ONNX has no op for it',
    'Give the model samples or features, made with tf.signal.',
  ),
  ...group(
    'UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript StringFormat WordpieceTokenizeWithOffsets SentencepieceOp SentencepieceTokenizeOp RegexSplitWithOffsets CaseFoldUTF8 NormalizeUTF8',
    'ONNX has no op for it',
    'Tokenize texts before the model is called; of a Keras model, convert its .keras file.',
  ),
  ...group(
    'CTCGreedyDecoder CTCBeamSearchDecoder CTCLoss CTCLossV2 EditDistance',
    'ONNX has no op for it',
    'Save the model without it, and decode what it gives.',
  ),
  ...group(
    'Cholesky Qr Svd Eig SelfAdjointEigV2 Lu MatrixSolve MatrixSolveLs MatrixTriangularSolve MatrixExponential MatrixLogarithm MatrixSquareRoot',
    'ONNX has no op for it',
    'Solve or decompose before the model is called.',
  ),
  ...group(
    'QuantizeV2 Dequantize QuantizedConv2D QuantizedMatMul QuantizedMaxPool QuantizedAvgPool QuantizedRelu QuantizedBiasAdd RequantizationRange Requantize',
    'its numbers are those of an abandoned quantisation',
    'Convert the model before it was quantised, or its TFLite file.',
  ),
}
