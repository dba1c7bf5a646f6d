import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { cast, rankOf, sizeList } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

/** Torch's modes and ONNX's. */
const MODES: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
  circular: 'wrap',
}

/** Pads by pairs from the last axis on, as torch lists them under the argument `name`. */
function padded(call: AtenCall, name: string, mode: string, value?: Value): Value {
  const b = call.emitter
  const x = call.value('self')
  const pairs = call.sizes(name)
  const rank = rankOf(x)
  const axes = Array.from({ length: pairs.length / 2 }, (_, i) => rank - 1 - i)
  const sizes = [...axes.map((_, i) => pairs[2 * i]!), ...axes.map((_, i) => pairs[2 * i + 1]!)]
  return b.op('Pad', [x, sizeList(b, sizes), value, b.ints(axes)], { attributes: { mode: { text: mode } } })
}

const pad: Convert = call => {
  const mode = call.text('mode', 'constant')
  if (!Object.hasOwn(MODES, mode)) throw new Refusal(`mode=${mode.slice(0, 40)}`)
  if (mode !== 'constant') return padded(call, 'pad', MODES[mode]!)
  const b = call.emitter
  const value = cast(b, b.scalar('float32', call.number('value', 0)), call.value('self').dtype)
  return padded(call, 'pad', 'constant', value)
}

const padIn =
  (mode: string): Convert =>
  call =>
    padded(call, 'padding', mode)

export const pads: OpTable = table({
  pad,
  constant_pad_nd: pad,
  reflection_pad1d: padIn('reflect'),
  reflection_pad2d: padIn('reflect'),
  replication_pad1d: padIn('edge'),
  replication_pad2d: padIn('edge'),
})
