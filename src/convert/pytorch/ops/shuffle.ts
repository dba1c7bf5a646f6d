import { Refusal } from '../../refusals.ts'
import { rankOf, reshape, shapeOf, sizeOf, transpose } from '../emit.ts'
import { type Convert, type OpTable, table } from '../op.ts'

/** Channels of r × r become places, in torch's order of columns and rows. */
const pixelShuffle: Convert = call =>
  call.emitter.op('DepthToSpace', [call.value('self')], {
    attributes: { blocksize: { int: call.int('upscale_factor') }, mode: { text: 'CRD' } },
  })

/** The channels of each group are dealt out in turn. */
const channelShuffle: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  const groups = call.int('groups')
  const channels = shapeOf(x)[1]
  if (typeof channels !== 'number') throw new Refusal('the number of channels is not known')
  const rest = Array.from({ length: rankOf(x) - 2 }, (_, i) => sizeOf(b, x, i + 2))
  const apart = reshape(b, x, [sizeOf(b, x, 0), groups, channels / groups, ...rest])
  const dealt = transpose(b, apart, [0, 2, 1, ...rest.map((_, i) => i + 3)])
  return reshape(b, dealt, [sizeOf(b, x, 0), channels, ...rest])
}

export const shuffles: OpTable = table({ pixel_shuffle: pixelShuffle, channel_shuffle: channelShuffle })
