import type { ModelView } from '../../../../src/api/views.ts'

type Port = ModelView['inputs'][number]

/** More numbers than this are no request to edit by hand. */
const MAX_ELEMENTS = 4096

const DATATYPES: Readonly<Record<string, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  bfloat16: 'BF16',
  string: 'BYTES',
}

/**
 * A request of the Open Inference Protocol with zeros of the right shape, free dimensions being 1, to start from.
 * Undefined where it would be too long to edit.
 */
export function sampleRequest(inputs: readonly Port[]): string | undefined {
  const parts = inputs.map(({ name, dtype, shape }) => {
    const sizes = shape.map(size => (typeof size === 'number' && size > 0 ? size : 1))
    return { name, dtype, sizes, count: sizes.reduce((product, size) => product * size, 1) }
  })
  if (parts.reduce((sum, { count }) => sum + count, 0) > MAX_ELEMENTS) return undefined
  const lines = parts.map(({ name, dtype, sizes, count }) => {
    const data = JSON.stringify(Array.from({ length: count }, () => zeroOf(dtype)))
    const datatype = DATATYPES[dtype] ?? dtype.toUpperCase()
    return `    {\n      "name": ${JSON.stringify(name)},\n      "datatype": "${datatype}",\n      "shape": ${JSON.stringify(sizes)},\n      "data": ${data}\n    }`
  })
  return `{\n  "inputs": [\n${lines.join(',\n')}\n  ]\n}`
}

function zeroOf(dtype: string): unknown {
  if (dtype === 'bool') return false
  return dtype === 'string' ? '' : 0
}
