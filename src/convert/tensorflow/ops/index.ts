import type { OpTable } from '../op.ts'
import { binaryOps } from './binary.ts'
import { cumulativeOps } from './cumulative.ts'
import { diagonalOps } from './diagonal.ts'
import { fillOps } from './fill.ts'
import { gatherOps } from './gather.ts'
import { identityOps } from './identity.ts'
import { joinOps } from './join.ts'
import { matmulOps } from './matmul.ts'
import { orderOps } from './order.ts'
import { reduceOps } from './reduce.ts'
import { scatterOps } from './scatter.ts'
import { segmentOps } from './segment.ts'
import { severalOps } from './several.ts'
import { shapeOps } from './shapes.ts'
import { sliceOps } from './slice.ts'
import { unaryOps } from './unary.ts'

/** All ops from values to values, by TensorFlow's names. */
export const OPS: OpTable = {
  ...unaryOps,
  ...binaryOps,
  ...severalOps,
  ...cumulativeOps,
  ...matmulOps,
  ...diagonalOps,
  ...reduceOps,
  ...segmentOps,
  ...identityOps,
  ...shapeOps,
  ...joinOps,
  ...sliceOps,
  ...gatherOps,
  ...scatterOps,
  ...fillOps,
  ...orderOps,
}
