import { transpose } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { tensorsIn } from '../model/calls.ts'
import { argumentOf, operandOf, promoted, settingsOf } from './operands.ts'

function factors(call: LayerCall): readonly [Value, Value] {
  const [x, y] = [operandOf(call, 0, 'x1', 'a', 'x'), operandOf(call, 1, 'x2', 'b', 'y')]
  if (!x || !y) throw invalid(`${call.className} '${call.name}' is called with one operand`)
  return promoted(call, x, y)
}

const matmul: ConvertLayer = call => {
  const settings = settingsOf(call)
  const [x, y] = factors(call)
  const turned = (value: Value, key: string): Value => {
    if (!settings.bool(key, false)) return value
    const rank = shapeOf(value).length
    const axes = Array.from({ length: rank }, (_, i) => i)
    return transpose(call.b, value, [...axes.slice(0, -2), rank - 1, rank - 2])
  }
  return [call.b.op('MatMul', [turned(x, 'transpose_a'), turned(y, 'transpose_b')])]
}

/** numpy's dot: of more than two axes on the right it is no matrix product. */
const dot: ConvertLayer = call => {
  const [x, y] = factors(call)
  if (shapeOf(y).length > 2) throw new Refusal('dot with a tensor of more than two axes')
  const scalar = shapeOf(x).length === 0 || shapeOf(y).length === 0
  return [call.b.op(scalar ? 'Mul' : 'MatMul', [x, y])]
}

const einsum: ConvertLayer = call => {
  const { config } = call
  const equation = config.text('subscripts').replaceAll(' ', '')
  const operands = [0, 1, 2, 3].flatMap(index => {
    const argument = argumentOf(call, index, `operand ${index}`)
    return argument ? tensorsIn(argument) : []
  })
  return [call.b.op('Einsum', operands, { attributes: { equation: { text: equation } } })]
}

export const matrices: LayerTable = {
  Matmul: full(matmul, 'stops'),
  Dot: limited('up to two axes on the right', dot, 'stops'),
  Einsum: limited('up to four tensors', einsum, 'stops'),
}
