import { Refusal } from '../../refusals.ts'
import { type ConvertLayer, type LayerTable, limited } from '../layer.ts'
import { OPERATIONS } from './index.ts'

/** TensorFlow's functions that Keras 2 puts into functional models, by the operation of `keras.ops` that does the same. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  '__operators__.add': 'Add',
  '__operators__.getitem': 'GetItem',
  '__operators__.eq': 'Equal',
  '__operators__.ne': 'NotEqual',
  'math.add': 'Add',
  'math.subtract': 'Subtract',
  'math.multiply': 'Multiply',
  'math.divide': 'TrueDivide',
  'math.truediv': 'TrueDivide',
  'math.divide_no_nan': 'DivideNoNan',
  'math.floordiv': 'FloorDivide',
  'math.floormod': 'Mod',
  'math.pow': 'Power',
  'math.maximum': 'Maximum',
  'math.minimum': 'Minimum',
  'math.equal': 'Equal',
  'math.not_equal': 'NotEqual',
  'math.greater': 'Greater',
  'math.greater_equal': 'GreaterEqual',
  'math.less': 'Less',
  'math.less_equal': 'LessEqual',
  'math.logical_and': 'LogicalAnd',
  'math.logical_or': 'LogicalOr',
  'math.logical_not': 'LogicalNot',
  'math.abs': 'Abs',
  'math.negative': 'Negative',
  'math.square': 'Square',
  'math.sqrt': 'Sqrt',
  'math.rsqrt': 'Rsqrt',
  'math.exp': 'Exp',
  'math.log': 'Log',
  'math.log1p': 'Log1p',
  'math.sign': 'Sign',
  'math.sin': 'Sin',
  'math.cos': 'Cos',
  'math.tanh': 'Tanh',
  'math.sigmoid': 'Sigmoid',
  'math.softplus': 'Softplus',
  'math.erf': 'Erf',
  'math.floor': 'Floor',
  'math.ceil': 'Ceil',
  'math.round': 'Round',
  'math.reciprocal': 'Reciprocal',
  'math.reduce_sum': 'Sum',
  'math.reduce_mean': 'Mean',
  'math.reduce_max': 'Max',
  'math.reduce_min': 'Min',
  'math.reduce_prod': 'Prod',
  'math.reduce_std': 'Std',
  'math.reduce_variance': 'Var',
  'math.reduce_all': 'All',
  'math.reduce_any': 'Any',
  'math.reduce_logsumexp': 'Logsumexp',
  'math.argmax': 'Argmax',
  'math.argmin': 'Argmin',
  'math.cumsum': 'Cumsum',
  'math.top_k': 'TopK',
  'math.l2_normalize': 'Normalize',
  'linalg.l2_normalize': 'Normalize',
  'linalg.matmul': 'Matmul',
  'nn.relu': 'Relu',
  'nn.relu6': 'Relu6',
  'nn.leaky_relu': 'LeakyRelu',
  'nn.elu': 'Elu',
  'nn.selu': 'Selu',
  'nn.gelu': 'Gelu',
  'nn.silu': 'Silu',
  'nn.sigmoid': 'Sigmoid',
  'nn.softmax': 'Softmax',
  'nn.log_softmax': 'LogSoftmax',
  'nn.softplus': 'Softplus',
  'nn.softsign': 'Softsign',
  'nn.tanh': 'Tanh',
  cast: 'Cast',
  clip_by_value: 'Clip',
  concat: 'Concatenate',
  expand_dims: 'ExpandDims',
  gather: 'Take',
  identity: 'Copy',
  one_hot: 'OneHot',
  ones_like: 'OnesLike',
  pad: 'Pad',
  reshape: 'Reshape',
  reverse: 'Flip',
  shape: 'Shape',
  split: 'Split',
  squeeze: 'Squeeze',
  stack: 'Stack',
  stop_gradient: 'StopGradient',
  tile: 'Tile',
  transpose: 'Transpose',
  unstack: 'Unstack',
  where: 'Where',
  zeros_like: 'ZerosLike',
}

const tensorflowFunction: ConvertLayer = call => {
  const name = call.config.text('function')
  const plain = name.replace(/^compat\.v[12]\./, '')
  const operation = Object.hasOwn(FUNCTIONS, plain) ? OPERATIONS[FUNCTIONS[plain]!] : undefined
  if (!operation || operation.support === 'refused')
    throw new Refusal(
      `tf.${name.slice(0, 60)}`,
      'Export the model as a SavedModel, which has the graph of all layers: tf.saved_model.save(model, "folder").',
    )
  return operation.convert(call)
}

const LIMIT = `tf.${Object.keys(FUNCTIONS)
  .filter(name => !name.startsWith('_'))
  .join(', ')}`

export const tensorflowFunctions: LayerTable = {
  TFOpLambda: limited(LIMIT, tensorflowFunction, 'stops'),
  SlicingOpLambda: limited('slices', tensorflowFunction, 'stops'),
}
