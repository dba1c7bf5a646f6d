import type { OnnxDtype } from '../../../formats/index.ts'

const FLOATS = 'float32 float64'
const WIDE = `${FLOATS} int32 int64`
const SMALL = `${WIDE} int8 uint8`
const ARITHMETIC = `${SMALL} uint32 uint64`

/**
 * Types that ONNX Runtime's CPU kernels compute in, of operators that take fewer than TensorFlow's ops do: found by
 * loading a model of each operator and type with 1.30. Those of float16 are computed in float32 by the runtime itself.
 */
const KERNELS: Readonly<Record<string, string>> = {
  Neg: `${WIDE} int8`,
  ...of('Exp Log Sqrt Reciprocal Floor Ceil Round Sigmoid Tanh Softmax LogSoftmax IsNaN IsInf Gemm', FLOATS),
  ...of('Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Elu Selu Softplus Softsign LeakyRelu', 'float32'),
  ...of('Sin Cos', 'float32'),
  Relu: `${FLOATS} int8 int32`,
  ...of('Add Sub Mul Div', `${WIDE} uint32 uint64`),
  ...of('Max Min', ARITHMETIC),
  Pow: WIDE,
  Clip: ARITHMETIC,
  Where: `${SMALL} string`,
  MatMul: `${WIDE} uint32 uint64`,
  Einsum: WIDE,
  ...of('ReduceSum ReduceMean ReduceProd ReduceL2 ReduceSumSquare ReduceLogSumExp CumSum', WIDE),
  ...of('ReduceMax ReduceMin', `${SMALL} bool`),
  ...of('ArgMax ArgMin TopK', SMALL),
  Range: `${WIDE} int16`,
  Trilu: `${WIDE} bool`,
  Pad: `${ARITHMETIC} bool`,
  ...of('Less LessOrEqual Greater GreaterOrEqual', `${ARITHMETIC} int16 uint16`),
  Equal: `${ARITHMETIC} int16 uint16 bool string`,
  ...of('DepthToSpace SpaceToDepth', 'float32'),
  ...of('Conv ConvTranspose AveragePool LRN Det', 'float32'),
  Resize: 'float32 int8 uint8 int32',
  MaxPool: `${FLOATS} int8 uint8`,
  NonZero: 'float32 int32 int64 uint8 bool',
}

function of(ops: string, types: string): Record<string, string> {
  return Object.fromEntries(ops.split(' ').map(op => [op, types]))
}

/** Types that hold all values of a type, the nearest first; of float64, what is nearest to it. */
const WIDER: Readonly<Partial<Record<OnnxDtype, readonly OnnxDtype[]>>> = {
  bool: ['uint8', 'int32', 'float32'],
  int8: ['int32', 'int64', 'float32'],
  uint8: ['int32', 'int64', 'float32'],
  int16: ['int32', 'int64', 'float32'],
  uint16: ['int32', 'int64', 'float32'],
  int32: ['int64', 'float64', 'float32'],
  uint32: ['int64', 'float64'],
  bfloat16: ['float32'],
  float64: ['float32'],
}

/** The type to compute an operator in; undefined where no kernel takes values of this type. */
export function kernelType(op: string, dtype: OnnxDtype): OnnxDtype | undefined {
  if (dtype === 'float16' || !Object.hasOwn(KERNELS, op)) return dtype
  const kernels = KERNELS[op]!.split(' ')
  return kernels.includes(dtype) ? dtype : WIDER[dtype]?.find(wide => kernels.includes(wide))
}
