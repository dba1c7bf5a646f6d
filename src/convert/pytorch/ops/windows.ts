import type { Attributes, Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid, rankOf, reshape, shapeOf, sizeOf, squeeze, unsqueeze } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

/** One number stands for all axes. */
function perAxis(given: readonly number[], axes: number): readonly number[] {
  if (given.length === 1) return new Array<number>(axes).fill(given[0]!)
  if (given.length !== axes) throw invalid(`${given.length} numbers for ${axes} axes`)
  return given
}

/** Torch takes images without a batch as well: one is put in front, and taken away. */
function batched(b: Emitter, x: Value, axes: number, work: (x: Value) => Value): Value {
  if (rankOf(x) === axes + 2) return work(x)
  if (rankOf(x) !== axes + 1) throw invalid(`An image of ${axes} axes has ${rankOf(x)}`)
  return squeeze(b, work(unsqueeze(b, x, [0])), [0])
}

const conv: Convert = call => {
  const b = call.emitter
  const [x, weight, bias] = [call.value('input'), call.value('weight'), call.maybe('bias')]
  const axes = rankOf(weight) - 2
  if (call.bool('transposed', false)) return transposed(call)
  const dilations = perAxis(call.ints('dilation', [1]), axes)
  const attributes: Attributes = {
    strides: { ints: perAxis(call.ints('stride', [1]), axes) },
    dilations: { ints: dilations },
    group: { int: call.int('groups', 1) },
    ...paddingOf(call, weight, dilations),
  }
  return batched(b, x, axes, image =>
    b.op('Conv', bias ? [image, weight, bias] : [image, weight], { attributes }),
  )
}

/** Numbers, or the words 'same' and 'valid' (`conv2d.padding`). What 'same' adds is odd at the end. */
function paddingOf(call: AtenCall, weight: Value, dilations: readonly number[]): Attributes {
  const axes = dilations.length
  if (!call.target.endsWith('.padding')) {
    const pads = perAxis(call.ints('padding', [0]), axes)
    return { pads: { ints: [...pads, ...pads] } }
  }
  if (call.text('padding') === 'valid') return {}
  const totals = dilations.map((dilation, i) => {
    const size = shapeOf(weight)[i + 2]
    if (typeof size !== 'number') throw new Refusal("padding='same' of a kernel of free size")
    return dilation * (size - 1)
  })
  const starts = totals.map(total => Math.floor(total / 2))
  return { pads: { ints: [...starts, ...totals.map((total, i) => total - starts[i]!)] } }
}

const transposed: Convert = call => {
  const b = call.emitter
  const [x, weight, bias] = [call.value('input'), call.value('weight'), call.maybe('bias')]
  const axes = rankOf(weight) - 2
  const pads = perAxis(call.ints('padding', [0]), axes)
  const attributes: Attributes = {
    strides: { ints: perAxis(call.ints('stride', [1]), axes) },
    dilations: { ints: perAxis(call.ints('dilation', [1]), axes) },
    output_padding: { ints: perAxis(call.ints('output_padding', [0]), axes) },
    group: { int: call.int('groups', 1) },
    pads: { ints: [...pads, ...pads] },
  }
  return batched(b, x, axes, image =>
    b.op('ConvTranspose', bias ? [image, weight, bias] : [image, weight], { attributes }),
  )
}

const window = (call: AtenCall, axes: number): Attributes => {
  const kernel = perAxis(call.ints('kernel_size'), axes)
  const stride = call.ints('stride', [])
  const pads = perAxis(call.ints('padding', [0]), axes)
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: stride.length === 0 ? kernel : perAxis(stride, axes) },
    pads: { ints: [...pads, ...pads] },
    ceil_mode: { int: call.bool('ceil_mode', false) ? 1 : 0 },
  }
}

const maxPool =
  (axes: number, places = false): Convert =>
  call => {
    const b = call.emitter
    const dilations = { ints: perAxis(call.ints('dilation', [1]), axes) }
    const attributes = { ...window(call, axes), dilations }
    const pooled = batched(b, call.value('self'), axes, x => b.op('MaxPool', [x], { attributes }))
    // Places are for un-pooling; who takes the values alone takes the first.
    return places ? [pooled] : pooled
  }

const averagePool =
  (axes: number): Convert =>
  call => {
    const b = call.emitter
    if (call.has('divisor_override')) throw new Refusal('divisor_override')
    const counted = { int: call.bool('count_include_pad', true) ? 1 : 0 }
    const attributes = { ...window(call, axes), count_include_pad: counted }
    return batched(b, call.value('self'), axes, x => b.op('AveragePool', [x], { attributes }))
  }

/** To one place: a global pool. To others: windows that divide the input evenly. */
const adaptive =
  (axes: number, op: 'Average' | 'Max'): Convert =>
  call => {
    const b = call.emitter
    const wanted = perAxis(call.ints('output_size'), axes)
    return batched(b, call.value('self'), axes, x => {
      if (wanted.every(size => size === 1)) return b.op(`Global${op}Pool`, [x])
      const sizes = shapeOf(x).slice(2)
      const strides = wanted.map((want, i) => {
        const size = sizes[i]
        if (typeof size !== 'number') throw new Refusal('output_size of an image of free size')
        if (want < 1 || size % want !== 0) throw new Refusal(`${size} in ${want} windows that are not equal`)
        return size / want
      })
      return b.op(`${op}Pool`, [x], {
        attributes: { kernel_shape: { ints: strides }, strides: { ints: strides } },
      })
    })
  }

const SCALES = ['scales_h', 'scales_w'] as const

/** To sizes, or by factors; `align_corners` keeps the corners where they are. */
const upsample =
  (mode: 'nearest' | 'linear' | 'cubic', axes: number): Convert =>
  call => {
    const b = call.emitter
    const x = call.value(call.has('input') ? 'input' : 'self')
    const aligned = mode !== 'nearest' && call.bool('align_corners', false)
    const attributes: Attributes = {
      mode: { text: mode },
      coordinate_transformation_mode: {
        text: mode === 'nearest' ? 'asymmetric' : aligned ? 'align_corners' : 'pytorch_half_pixel',
      },
      ...(mode === 'nearest' && { nearest_mode: { text: 'floor' } }),
      ...(mode === 'cubic' && { cubic_coeff_a: { float: -0.75 } }),
    }
    const factors =
      call.floats('scale_factors') ??
      (axes === 2 && SCALES.every(name => call.has(name)) ? SCALES.map(name => call.number(name)) : undefined)
    if (factors)
      return b.op('Resize', [x, undefined, b.constant('float32', [axes + 2], [1, 1, ...factors])], {
        attributes,
      })
    const sizes = [sizeOf(b, x, 0), sizeOf(b, x, 1), ...call.sizes('output_size')]
    const whole = reshape(
      b,
      b.op(
        'Concat',
        sizes.map(size => (typeof size === 'number' ? b.ints([size]) : unsqueeze(b, size, [0]))),
        { attributes: { axis: { int: 0 } } },
      ),
      [-1],
    )
    return b.op('Resize', [x, undefined, undefined, whole], { attributes })
  }

export const windows: OpTable = {
  ...table({
    conv1d: conv,
    conv2d: conv,
    conv3d: conv,
    convolution: conv,
    conv_transpose1d: transposed,
    conv_transpose2d: transposed,
    conv_transpose3d: transposed,
    max_pool1d: maxPool(1),
    max_pool2d: maxPool(2),
    max_pool3d: maxPool(3),
    avg_pool1d: averagePool(1),
    avg_pool2d: averagePool(2),
    avg_pool3d: averagePool(3),
    upsample_nearest1d: upsample('nearest', 1),
    upsample_nearest2d: upsample('nearest', 2),
    upsample_linear1d: upsample('linear', 1),
    upsample_bilinear2d: upsample('linear', 2),
    upsample_bicubic2d: upsample('cubic', 2),
  }),
  max_pool2d_with_indices: { convert: maxPool(2, true), limits: 'the values alone' },
  adaptive_avg_pool1d: { convert: adaptive(1, 'Average'), limits: 'to 1, or to a divisor of a known size' },
  adaptive_avg_pool2d: { convert: adaptive(2, 'Average'), limits: 'to 1, or to a divisor of a known size' },
  _adaptive_avg_pool2d: { convert: adaptive(2, 'Average'), limits: 'to 1, or to a divisor of a known size' },
  adaptive_avg_pool3d: { convert: adaptive(3, 'Average'), limits: 'to 1, or to a divisor of a known size' },
  adaptive_max_pool2d: { convert: call => [adaptive(2, 'Max')(call) as Value], limits: 'the values alone' },
}
