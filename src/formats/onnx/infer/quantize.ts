import { rules, same } from './elementwise.ts'
import { dtypeOf, typed } from './read.ts'
import type { Rule } from './types.ts'
import { pool } from './windows.ts'

const quantizeLinear: Rule = node => {
  const [x, , zero] = node.inputs
  return x && [typed(zero?.dtype ?? dtypeOf(node, 'output_dtype', 'uint8'), x.shape)]
}

const dequantizeLinear: Rule = ({ inputs: [x, scale] }) => x && scale && [typed(scale.dtype, x.shape)]

const dynamicQuantizeLinear: Rule = ({ inputs: [x] }) =>
  x && [typed('uint8', x.shape), typed('float32', []), typed('uint8', [])]

export const quantize: Readonly<Record<string, Rule>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  ...rules('com.microsoft.QLinearSigmoid com.microsoft.QLinearLeakyRelu com.microsoft.QLinearSoftmax', same),
  'com.microsoft.QLinearAveragePool': pool,
}
