import type { OpTable } from '../op.ts'
import { binaryOps } from './binary.ts'
import { blockOps } from './blocks.ts'
import { boxOps } from './boxes.ts'
import { combinedBoxOps } from './combined-boxes.ts'
import { complexOps, withComplex } from './complex.ts'
import { convOps } from './conv.ts'
import { cumulativeOps } from './cumulative.ts'
import { diagonalOps } from './diagonal.ts'
import { einsumOps } from './einsum.ts'
import { fakeQuantOps } from './fake-quant.ts'
import { fillOps } from './fill.ts'
import { fusedOps } from './fused.ts'
import { gatherOps } from './gather.ts'
import { identityOps } from './identity.ts'
import { joinOps } from './join.ts'
import { letterOps } from './letters.ts'
import { matmulOps } from './matmul.ts'
import { normaliseOps } from './normalise.ts'
import { orderOps } from './order.ts'
import { padOps } from './pad.ts'
import { partitionOps } from './partition.ts'
import { poolOps } from './pool.ts'
import { raggedOps } from './ragged.ts'
import { reduceOps } from './reduce.ts'
import { regexOps } from './regex.ts'
import { resizeOps } from './resize.ts'
import { scatterOps } from './scatter.ts'
import { segmentOps } from './segment.ts'
import { severalOps } from './several.ts'
import { shapeOps } from './shapes.ts'
import { sliceOps } from './slice.ts'
import { textOps } from './text.ts'
import { unaryOps } from './unary.ts'

const REAL: OpTable = {
  ...unaryOps,
  ...binaryOps,
  ...severalOps,
  ...cumulativeOps,
  ...matmulOps,
  ...einsumOps,
  ...diagonalOps,
  ...reduceOps,
  ...segmentOps,
  ...shapeOps,
  ...joinOps,
  ...sliceOps,
  ...gatherOps,
  ...scatterOps,
  ...fillOps,
  ...orderOps,
  ...padOps,
  ...blockOps,
  ...partitionOps,
  ...convOps,
  ...poolOps,
  ...normaliseOps,
  ...fusedOps,
  ...resizeOps,
  ...boxOps,
  ...combinedBoxOps,
  ...fakeQuantOps,
  ...textOps,
  ...regexOps,
  ...letterOps,
  ...raggedOps,
}

/** All ops from values to values, by TensorFlow's names. */
export const OPS: OpTable = {
  ...Object.fromEntries(
    Object.entries(REAL).map(([op, { convert, ...rest }]) => [
      op,
      { convert: withComplex(op, convert), ...rest },
    ]),
  ),
  ...identityOps,
  ...complexOps,
}
