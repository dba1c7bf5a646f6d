import { Refusal } from '../../refusals.ts'
import { type AttributesOf, activated, as, type LiteTable, tensorflow } from '../op.ts'

const SAME = {
  EXPAND_DIMS: 'ExpandDims',
  TRANSPOSE: 'Transpose',
  SLICE: 'Slice',
  TILE: 'Tile',
  FILL: 'Fill',
  RANGE: 'Range',
  BROADCAST_TO: 'BroadcastTo',
  BROADCAST_ARGS: 'BroadcastArgs',
  REVERSE_V2: 'ReverseV2',
  GATHER_ND: 'GatherNd',
  SCATTER_ND: 'ScatterNd',
  WHERE: 'Where',
  SPACE_TO_BATCH_ND: 'SpaceToBatchND',
  BATCH_TO_SPACE_ND: 'BatchToSpaceND',
  PAD: 'Pad',
  PADV2: 'PadV2',
  RANK: 'Rank',
  MATRIX_DIAG: 'MatrixDiag',
  MATRIX_SET_DIAG: 'MatrixSetDiag',
} as const

/** Whether axes stay, at slot 0. */
const keepsAxes: AttributesOf = async options => ({ keep_dims: (await options.byte(0)) !== 0 })
const REDUCTIONS = {
  MEAN: 'Mean',
  SUM: 'Sum',
  REDUCE_PROD: 'Prod',
  REDUCE_MAX: 'Max',
  REDUCE_MIN: 'Min',
  REDUCE_ANY: 'Any',
  REDUCE_ALL: 'All',
} as const

const blockSize: AttributesOf = async options => ({ block_size: await options.int(0) })
const dtypeOfOutput =
  (name: string, output = 0): AttributesOf =>
  async (_, { outputs }) => ({ [name]: { dtype: outputs[output]!.dtype } })

export const shapes: LiteTable = {
  ...Object.fromEntries(Object.entries(SAME).map(([name, op]) => [name, as(op)])),
  ...Object.fromEntries(Object.entries(REDUCTIONS).map(([name, op]) => [name, as(op, keepsAxes)])),
  RESHAPE: {
    async convert(call) {
      const [x, shape] = call.inputs
      const given = shape ? undefined : await call.options.ints(0)
      if (!shape && !given) throw new Refusal('it has no shape')
      return tensorflow(
        'Reshape',
        call,
        [x!, shape ?? call.emitter.constant('int32', [given!.length], given!)],
        {},
      )
    },
  },
  SQUEEZE: as('Squeeze', async options => ({ squeeze_dims: (await options.ints(0)) ?? [] })),
  SHAPE: as('Shape', dtypeOfOutput('out_type')),
  ARG_MAX: as('ArgMax', dtypeOfOutput('output_type')),
  ARG_MIN: as('ArgMin', dtypeOfOutput('output_type')),
  TOPK_V2: as('TopKV2', dtypeOfOutput('index_type', 1)),
  UNIQUE: as('Unique', dtypeOfOutput('out_idx', 1)),
  PACK: as('Pack', async options => ({ axis: await options.int(1) })),
  UNPACK: as('Unpack', async options => ({ num: await options.int(0), axis: await options.int(1) })),
  CONCATENATION: {
    async convert(call) {
      const values = call.inputs.filter(value => value !== undefined)
      const joined = call.emitter.op('Concat', values, {
        attributes: { axis: { int: await call.options.int(0) } },
      })
      return [await activated(call, joined, 1)]
    },
  },
  SPLIT: as('Split', async (_, { outputs }) => ({ num_split: outputs.length })),
  SPLIT_V: as('SplitV', async (_, { outputs }) => ({ num_split: outputs.length })),
  STRIDED_SLICE: as('StridedSlice', async options => ({
    begin_mask: await options.int(0),
    end_mask: await options.int(1),
    ellipsis_mask: await options.int(2),
    new_axis_mask: await options.int(3),
    shrink_axis_mask: await options.int(4),
  })),
  GATHER: {
    async convert(call) {
      const [x, places] = call.inputs
      const axis = call.emitter.scalar('int32', await call.options.int(0))
      return tensorflow('GatherV2', call, [x!, places!, axis], { batch_dims: await call.options.int(1) })
    },
  },
  ONE_HOT: as('OneHot', async options => ({ axis: await options.int(0) })),
  MIRROR_PAD: as('MirrorPad', async options => ({
    mode: (await options.byte(0)) === 1 ? 'SYMMETRIC' : 'REFLECT',
  })),
  SPACE_TO_DEPTH: as('SpaceToDepth', blockSize),
  DEPTH_TO_SPACE: as('DepthToSpace', blockSize),
  REVERSE_SEQUENCE: as('ReverseSequence', async options => ({
    seq_dim: await options.int(0),
    batch_dim: await options.int(1),
  })),
  CUMSUM: as('Cumsum', async options => ({
    exclusive: (await options.byte(0)) !== 0,
    reverse: (await options.byte(1)) !== 0,
  })),
}
