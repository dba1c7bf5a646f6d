import type { Shape } from '../../graph/types.ts'
import { type Edge, tensor } from '../edges.ts'
import { cast, int64 } from '../ops/emit.ts'
import { originOf } from '../scope.ts'
import { constantNumber } from '../static.ts'
import { edgeAs, type FlowConvert, type FlowTable, type Step } from '../step.ts'
import { asStacked, itemsAt, type List, lengthOf, refined, withItem, zeros } from './list.ts'
import { tensorLists } from './tensor-lists.ts'

/** Of TensorFlow 1. The list goes along the flow, a number without a meaning there; handles say nothing. */
const HANDLE: Edge = { kind: 'handle' }

const edge = (list: List): Edge => ({ kind: 'list', list })

function listAt(step: Step, flow: number): List {
  return edgeAs(step, flow, 'list').list
}

const array: FlowConvert = step => {
  const { emitter: b, attributes, value } = step
  const shape = attributes.has('element_shape') ? attributes.shape('element_shape') : undefined
  const length = b.op('Reshape', [int64(b, value(0)), b.ints([])])
  return [
    HANDLE,
    edge({ element: { dtype: attributes.dtype('dtype'), ...(shape && { shape }) }, length, asked: value(0) }),
  ]
}

const write: FlowConvert = step => [
  edge(withItem(step.emitter, listAt(step, 3), step.value(1), step.value(2))),
]

const read: FlowConvert = step => [
  tensor(itemsAt(step.emitter, listAt(step, 2), step.value(1), listAt(step, 2).element.shape)),
]

const gather: FlowConvert = async step => {
  const list = listAt(step, 2)
  const shape: Shape | undefined = step.attributes.has('element_shape')
    ? step.attributes.shape('element_shape')
    : undefined
  const declared = shape ?? list.element.shape
  const known = { ...list, element: { ...list.element, ...(declared && { shape: declared }) } }
  if (await isWhole(step, 1))
    return [tensor(refined(asStacked(known, step.emitter), declared && [null, ...declared]))]
  return [tensor(itemsAt(step.emitter, known, step.value(1), declared))]
}

const scatter: FlowConvert = async step => {
  const { emitter: b } = step
  const { element, ...list } = listAt(step, 3)
  const rows = step.value(2)
  if (!list.stacked && (await isWhole(step, 1))) return [edge({ element, stacked: rows })]
  const inner = b.op('Shape', [rows], { attributes: { start: { int: 1 } } })
  const before = list.stacked ?? zeros(b, { element, ...list }, inner)
  const at = b.op('Unsqueeze', [int64(b, step.value(1)), b.ints([-1])])
  return [edge({ element, stacked: b.op('ScatterND', [before, at, rows]) })]
}

/** Whether indices are 0, 1, 2 and so on: TensorFlow takes arrays apart, and puts them together, with all of them. */
async function isWhole({ scope, node }: Step, input: number): Promise<boolean> {
  const origin = originOf(scope, node.inputs[input]!)
  if (origin.kind === 'argument' || origin.node.op !== 'Range') return false
  const [start, , step] = origin.node.inputs
  return (await constantNumber(scope, start)) === 0 && (await constantNumber(scope, step)) === 1
}

const size: FlowConvert = step => [
  tensor(cast(step.emitter, lengthOf(listAt(step, 1), step.emitter), 'int32')),
]

/** As TensorListConcat, whose list stands first. */
const concat: FlowConvert = step => {
  const list = edgeAs(step, 1, 'list')
  return tensorLists['TensorListConcatV2']!.convert({ ...step, inputs: [list] })
}

export const tensorArrays: FlowTable = {
  TensorArrayV3: { convert: array, limits: 'elements of one shape' },
  TensorArrayWriteV3: { convert: write },
  TensorArrayReadV3: { convert: read },
  TensorArrayGatherV3: { convert: gather },
  TensorArrayScatterV3: { convert: scatter },
  TensorArrayConcatV3: { convert: concat },
  TensorArraySizeV3: { convert: size },
}
