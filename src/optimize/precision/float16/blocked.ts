/**
 * Operators that stay float32: onnxruntime's own list (transformers/float16.py, DEFAULT_OP_BLOCK_LIST). Those of
 * ai.onnx.ml know no float16, and the others lose too much or have no kernel.
 */
export const BLOCKED: ReadonlySet<string> = new Set([
  'ArrayFeatureExtractor',
  'Binarizer',
  'CastMap',
  'CategoryMapper',
  'CumSum',
  'DictVectorizer',
  'FeatureVectorizer',
  'Imputer',
  'LabelEncoder',
  'LinearClassifier',
  'LinearRegressor',
  'Max',
  'Min',
  'NonMaxSuppression',
  'Normalizer',
  'OneHotEncoder',
  'RandomUniformLike',
  'Range',
  'RoiAlign',
  'SVMClassifier',
  'SVMRegressor',
  'Scaler',
  'TopK',
  'TreeEnsemble',
  'TreeEnsembleClassifier',
  'TreeEnsembleRegressor',
  'Upsample',
  'ZipMap',
])

/**
 * Operators that ONNX or the runtime has for float32 only, seen over the ONNX project's node tests; onnxruntime's own
 * tool leaves models with them that do not load.
 */
export const FLOAT_ONLY: ReadonlySet<string> = new Set([
  'Celu',
  'ConvInteger',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'EyeLike',
  'IsInf',
  'MatMulInteger',
  'MeanVarianceNormalization',
  'QLinearConv',
  'QLinearMatMul',
  'QuantizeLinear',
])

/** Inputs of other operators that are float32 whatever the first one is: factors of a Resize, gamma and beta. */
export function alwaysFloat(op: string, place: number, opset: number): boolean {
  if (op === 'Resize') return place === (opset <= 10 ? 1 : 2)
  return (op === 'GroupNorm' || op === 'SkipGroupNorm') && (place === 1 || place === 2)
}
