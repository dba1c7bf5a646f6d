import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, int64, like, listOf } from './emit.ts'

const concat = (b: Emitter, parts: readonly Value[]): Value =>
  b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

const sizeAt = (b: Emitter, x: Value, axis: number): Value =>
  b.op('Shape', [x], { attributes: { start: { int: axis }, end: { int: axis + 1 } } })

/** Below any score. */
const NONE = -3.4028234663852886e38

/**
 * The best boxes of all classes of each image: boxes `[B, N, 1, 4]`, which all classes share, and scores `[B, N, C]`.
 * What is kept of each class goes back to its place among the scores, and the largest of all of them are taken.
 */
const combined: Convert = async call => {
  const { emitter: b, attributes } = call
  const [given, scores] = [input(call, 0), input(call, 1)]
  if (given.shape?.[2] !== 1) throw new Refusal('of boxes that each class has of its own')
  if (attributes.bool('pad_per_class', false)) throw new Refusal('pad_per_class=true')
  const boxes = b.op('Squeeze', [given, b.ints([2])])
  const byClass = b.op('Transpose', [scores], { attributes: { perm: { ints: [0, 2, 1] } } })
  const threshold = (i: number): Value => b.op('Reshape', [input(call, i), b.ints([1])])
  const found = b.op('NonMaxSuppression', [
    boxes,
    byClass,
    listOf(b, input(call, 2)),
    threshold(4),
    threshold(5),
  ])
  // [M, 3]: image, class and box of each that is kept.
  const kept = b.op('GatherND', [byClass, found])
  const none = b.op('Expand', [like(b, scores, NONE), b.op('Shape', [byClass])])
  const left = b.op('ScatterND', [none, found, kept])
  const flat = b.op('Reshape', [left, concat(b, [sizeAt(b, scores, 0), b.ints([-1])])])
  const total = listOf(b, input(call, 3))
  const [best, places] = b.ops('TopK', [filledUp(b, flat, total), total], 2, {
    attributes: { axis: { int: 1 }, largest: { int: 1 }, sorted: { int: 1 } },
  })
  const isBox = emit(b, 'Greater', [best!, like(b, scores, NONE)])
  const count = b.op('Squeeze', [sizeAt(b, scores, 1), b.ints([0])])
  const orZero = (x: Value, mask: Value): Value =>
    emit(b, 'Where', [mask, x, like(b, x, 0)], { computed: [1, 2] })
  const box = b.op('Unsqueeze', [orZero(b.op('Mod', [places!, count]), isBox), b.ints([-1])])
  const corners = b.op('GatherND', [boxes, box], { attributes: { batch_dims: { int: 1 } } })
  const within = attributes.bool('clip_boxes', true)
    ? emit(b, 'Clip', [corners, like(b, corners, 0), like(b, corners, 1)])
    : corners
  const valid = b.op('ReduceSum', [cast(b, isBox, 'int32'), b.ints([1])], {
    attributes: { keepdims: { int: 0 } },
  })
  return [
    orZero(within, b.op('Unsqueeze', [isBox, b.ints([-1])])),
    orZero(best!, isBox),
    orZero(cast(b, b.op('Div', [places!, count]), scores.dtype), isBox),
    valid,
  ]
}

/** As many columns as are taken at least. */
function filledUp(b: Emitter, x: Value, least: Value): Value {
  const missing = b.op('Max', [b.op('Sub', [int64(b, least), sizeAt(b, x, 1)]), b.ints([0])])
  return emit(b, 'Pad', [x, concat(b, [b.ints([0]), missing]), like(b, x, NONE), b.ints([1])], {
    computed: [0, 2],
  })
}

export const combinedBoxOps: OpTable = {
  CombinedNonMaxSuppression: { convert: combined, limits: 'boxes that all classes share' },
}
