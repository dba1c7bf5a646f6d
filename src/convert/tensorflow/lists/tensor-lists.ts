import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { type Edge, tensor } from '../edges.ts'
import { cast, int64 } from '../ops/emit.ts'
import { edgeAs, type FlowConvert, type FlowTable, type Step } from '../step.ts'
import { asStacked, declaredShape, itemsAt, type List, lengthOf, pushed, refined, withItem } from './list.ts'

const edge = (list: List): Edge => ({ kind: 'list', list })

function listAt(step: Step, input: number): List {
  return edgeAs(step, input, 'list').list
}

function elementOf({ attributes, value }: Step, input: number): List['element'] {
  const shape = declaredShape(value(input))
  return { dtype: attributes.dtype('element_dtype'), ...(shape && { shape }) }
}

const scalar = (b: Emitter, x: Value): Value => b.op('Reshape', [int64(b, x), b.ints([])])

const empty: FlowConvert = step => [
  edge({ element: elementOf(step, 0), length: step.emitter.scalar('int64', 0) }),
]

const reserve: FlowConvert = step => [
  edge({ element: elementOf(step, 0), length: scalar(step.emitter, step.value(1)), asked: step.value(1) }),
]

const fromTensor: FlowConvert = step => [edge({ element: elementOf(step, 1), stacked: step.value(0) })]

const stack: FlowConvert = step => {
  const list = listAt(step, 0)
  const declared = declaredShape(step.value(1)) ?? list.element.shape
  const known = { ...list, element: { ...list.element, ...(declared && { shape: declared }) } }
  return [tensor(refined(asStacked(known, step.emitter), declared && [null, ...declared]))]
}

const getItem: FlowConvert = step => {
  const list = listAt(step, 0)
  const declared = declaredShape(step.value(2)) ?? list.element.shape
  const known = { ...list, element: { ...list.element, ...(declared && { shape: declared }) } }
  return [tensor(itemsAt(step.emitter, known, step.value(1), declared))]
}

const setItem: FlowConvert = step => [
  edge(withItem(step.emitter, listAt(step, 0), step.value(1), step.value(2))),
]

const pushBack: FlowConvert = step => [edge(pushed(step.emitter, listAt(step, 0), step.value(1)))]

const popBack: FlowConvert = step => {
  const { emitter: b } = step
  const list = listAt(step, 0)
  const stacked = asStacked(list, b)
  const rest = b.op('Slice', [stacked, b.ints([0]), b.ints([-1]), b.ints([0])])
  return [edge({ element: list.element, stacked: rest }), tensor(itemsAt(b, list, b.scalar('int64', -1)))]
}

const length: FlowConvert = step => [
  tensor(cast(step.emitter, lengthOf(listAt(step, 0), step.emitter), 'int32')),
]

const elementShape: FlowConvert = step => {
  const { element, stacked } = listAt(step, 0)
  const dtype = step.attributes.dtype('shape_type', 'int32')
  if (stacked)
    return [
      tensor(
        cast(step.emitter, step.emitter.op('Shape', [stacked], { attributes: { start: { int: 1 } } }), dtype),
      ),
    ]
  if (!element.shape) return [tensor(step.emitter.scalar(dtype, -1))]
  const sizes = element.shape.map(size => (typeof size === 'number' ? size : -1))
  return [tensor(step.emitter.constant(dtype, [sizes.length], sizes))]
}

/** Elements one behind the other along their first axis, which is the same for all. */
const concat: FlowConvert = step => {
  const { emitter: b } = step
  const stacked = asStacked(listAt(step, 0), b)
  const { shape } = stacked
  if (!shape || shape.length < 2) throw new Refusal('elements of a rank that is not known are put together')
  const sizes = b.op('Shape', [stacked])
  const from = (start: number, end: number) =>
    b.op('Slice', [sizes, b.ints([start]), b.ints([end]), b.ints([0])])
  const inner = from(2, shape.length)
  const whole = b.op('Concat', [b.ints([-1]), inner], { attributes: { axis: { int: 0 } } })
  return [tensor(b.op('Reshape', [stacked, whole])), tensor(b.op('Expand', [from(1, 2), from(0, 1)]))]
}

const concatLists: FlowConvert = step => {
  const [a, c] = [listAt(step, 0), listAt(step, 1)]
  const both = [asStacked(a, step.emitter), asStacked(c, step.emitter)]
  return [
    edge({
      element: a.element,
      stacked: step.emitter.op('Concat', both, { attributes: { axis: { int: 0 } } }),
    }),
  ]
}

const ALIKE = 'elements of one shape'

export const tensorLists: FlowTable = {
  EmptyTensorList: { convert: empty, limits: ALIKE },
  TensorListReserve: { convert: reserve, limits: ALIKE },
  TensorListFromTensor: { convert: fromTensor },
  TensorListStack: { convert: stack },
  TensorListGather: { convert: getItem },
  TensorListGetItem: { convert: getItem },
  TensorListSetItem: { convert: setItem, limits: ALIKE },
  TensorListPushBack: { convert: pushBack, limits: ALIKE },
  TensorListPopBack: { convert: popBack },
  TensorListLength: { convert: length },
  TensorListElementShape: { convert: elementShape },
  TensorListConcat: { convert: concat, limits: ALIKE },
  TensorListConcatV2: { convert: concat, limits: ALIKE },
  TensorListConcatLists: { convert: concatLists, limits: ALIKE },
}
