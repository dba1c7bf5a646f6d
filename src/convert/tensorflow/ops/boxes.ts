import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, like, listOf } from './emit.ts'

interface Thresholds {
  readonly overlap: Value
  readonly score?: Value
}

/** Numbers of the boxes that are kept, the best first: boxes `[n, 4]`, scores `[n]`, int64. */
function kept(call: OpCall, { overlap, score }: Thresholds): Value {
  const { emitter: b } = call
  const inputs = [
    b.op('Unsqueeze', [cast(b, input(call, 0), 'float32'), b.ints([0])]),
    b.op('Unsqueeze', [cast(b, input(call, 1), 'float32'), b.ints([0, 1])]),
    listOf(b, input(call, 2)),
    one(call, overlap),
    score && one(call, score),
  ]
  const found = b.op('NonMaxSuppression', inputs)
  return b.op('Gather', [found, b.scalar('int64', 2)], { attributes: { axis: { int: 1 } } })
}

/** A threshold as ONNX takes it. */
function one({ emitter: b }: OpCall, threshold: Value): Value {
  return b.op('Reshape', [cast(b, threshold, 'float32'), b.ints([1])])
}

const first: Convert = call => {
  const { emitter: b, attributes } = call
  const overlap = b.scalar('float32', attributes.float('iou_threshold', 0.5))
  return cast(b, kept(call, { overlap }), 'int32')
}

const second: Convert = call => cast(call.emitter, kept(call, { overlap: input(call, 3) }), 'int32')

const thresholds = (call: OpCall): Thresholds => ({ overlap: input(call, 3), score: input(call, 4) })

const third: Convert = call => cast(call.emitter, kept(call, thresholds(call)), 'int32')

/** With the number of boxes that are kept, behind which zeros may stand up to the largest number. */
const fourth: Convert = call => {
  const found = kept(call, thresholds(call))
  return [padded(call, cast(call.emitter, found, 'int32')), countOf(call, found)]
}

/** With their scores. Scores that are lowered instead of boxes that are dropped have no form in ONNX. */
const fifth: Convert = async call => {
  const { emitter: b } = call
  const { elements } = await call.constant(5)
  if (elements[0] !== 0) throw new Refusal(`soft_nms_sigma=${String(elements[0])}`, 'Set it to 0.')
  const found = kept(call, thresholds(call))
  const scores = b.op('Gather', [input(call, 1), found])
  return [padded(call, cast(b, found, 'int32')), padded(call, scores), countOf(call, found)]
}

function countOf({ emitter: b }: OpCall, found: Value): Value {
  return cast(b, b.op('Size', [found]), 'int32')
}

function padded(call: OpCall, x: Value): Value {
  const { emitter: b, attributes } = call
  if (!attributes.bool('pad_to_max_output_size', false)) return x
  const missing = b.op('Sub', [listOf(b, input(call, 2)), b.op('Shape', [x])])
  const pads = b.op('Concat', [b.ints([0]), missing], { attributes: { axis: { int: 0 } } })
  return emit(b, 'Pad', [x, pads, like(b, x, 0)], { computed: [0, 2] })
}

export const boxOps: OpTable = {
  NonMaxSuppression: { convert: first },
  NonMaxSuppressionV2: { convert: second },
  NonMaxSuppressionV3: { convert: third },
  NonMaxSuppressionV4: { convert: fourth },
  NonMaxSuppressionV5: { convert: fifth, limits: 'without soft_nms_sigma' },
}
