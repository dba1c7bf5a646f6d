import type { OnnxGraph, OnnxTensorType } from '../../formats/index.ts'
import { type ModelConfig, type PreprocessPlan, planOf } from '../../model/index.ts'
import { OptimizeError } from '../errors.ts'
import { canCastTo } from './builder.ts'
import { applyStep, type PixelValue, type Tools } from './pixels.ts'

/** What stands in place of an input. */
export interface Replaced {
  /** Its name. */
  readonly target: string
  readonly input: OnnxTensorType
}

/**
 * Nodes before a graph that make its input of decoded images: uint8 [N, height, width, C], red first, turned upright.
 * C is 3 where the steps decode images. Where there are no image steps, of a tensor of features. Undefined where there
 * is nothing to do. Throws OPTIMIZE_UNSUPPORTED and PREPROCESS_INVALID.
 */
export function stepsBefore(
  tools: Tools,
  graph: OnnxGraph,
  config: Pick<ModelConfig, 'preprocess' | 'input'>,
): Replaced | undefined {
  if (config.preprocess.length === 0) return undefined
  const plan = planOf(config.preprocess)
  const target = inputOf(graph, config.input)
  const images = plan.decode !== undefined || plan.pixels.length > 0 || plan.orderGiven
  return images ? fromImages(tools, plan, target) : fromFeatures(tools, plan, target)
}

function inputOf({ inputs, initializers = [] }: OnnxGraph, wanted: string | undefined): OnnxTensorType {
  const constants = new Set(initializers.map(({ name }) => name))
  const given = inputs.filter(({ name }) => !constants.has(name))
  const found =
    wanted === undefined
      ? given.length === 1
        ? given[0]
        : undefined
      : given.find(({ name }) => name === wanted)
  if (found) return found
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `Which of the inputs ${given.map(({ name }) => name).join(', ')} takes the images is not said`,
    hint: 'Name it as model.input in ballast.yaml.',
  })
}

function fromImages(tools: Tools, plan: PreprocessPlan, target: OnnxTensorType): Replaced {
  const { builder, sizes } = tools
  const rank = plan.order === 'hw' ? 3 : 4
  const shape = target.shape ?? [null, ...Array.from({ length: rank - 1 }, () => null)]
  if (shape.length !== rank && shape.length !== rank - 1)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The input ${target.name} has ${shape.length} axes, and the steps make ${rank}`,
      hint: 'Give the steps the layout that the model takes.',
    })
  const batched = shape.length === rank
  const batch = batched ? shape[0]! : 1
  const source = channelsOf(plan, batched ? shape.slice(1) : shape)
  const name = builder.fresh('pixels')
  const first: PixelValue = {
    name: builder.op('Transpose', [name], { perm: [0, 3, 1, 2] }),
    kind: 'bytes',
    batch: typeof batch === 'number' ? batch : sizes.of(name, 0),
    channels: source,
    height: sizes.of(name, 1),
    width: sizes.of(name, 2),
  }
  const pixels = plan.pixels.reduce((pixels, step) => applyStep(tools, pixels, step), first)
  const values = withValues(tools, pixels, plan)
  const ordered = inOrder(tools, values, plan.order)
  finish(tools, ordered, batched, target, values.kind === 'bytes')
  return { target: target.name, input: { name, dtype: 'uint8', shape: [batch, 'height', 'width', source] } }
}

/** Of the images that are given. */
function channelsOf(plan: PreprocessPlan, shape: readonly (number | string | null)[]): number {
  if (plan.decode || plan.pixels.some(({ kind }) => kind === 'grayscale')) return 3
  if (plan.order === 'hw') return 1
  const channels = plan.order === 'nchw' ? shape[0] : shape[2]
  if (channels === 1 || channels === 3) return channels
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `The model takes images of ${channels ?? 'any number of'} channels, and the steps decode none`,
    hint: 'Begin model.preprocess with `decode: image`.',
  })
}

/** Times the factor, less the mean, over the deviation of each channel: one product and one sum in float32. */
function withValues({ builder }: Tools, pixels: PixelValue, plan: PreprocessPlan): PixelValue {
  const { channels } = pixels
  const mapped = mapOf(builder, plan, channels, channels === 1 ? [] : [1, channels, 1, 1])
  if (!mapped) return pixels
  const floats = pixels.kind === 'bytes' ? builder.cast(pixels.name, 'float32') : pixels.name
  return { ...pixels, name: mapped(floats), kind: 'floats' }
}

function fromFeatures(tools: Tools, plan: PreprocessPlan, target: OnnxTensorType): Replaced | undefined {
  const { builder } = tools
  const last = target.shape?.at(-1)
  const width = Math.max(plan.values.mean.length, plan.values.std.length)
  if (width > 1 && last !== width)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `normalize has ${width} means, and the input ${target.name} ends with an axis of ${last ?? 'any size'}`,
      hint: 'Give one mean and std, or one for each feature.',
    })
  const mapped = mapOf(builder, plan, width, width === 1 ? [] : [width])
  if (!mapped) return undefined
  const name = builder.fresh('features')
  finish(tools, mapped(name), true, target, false)
  return {
    target: target.name,
    input: { name, dtype: 'float32', ...(target.shape && { shape: target.shape }) },
  }
}

/** x · factor/std − mean/std; undefined where that is x. */
function mapOf(
  builder: Tools['builder'],
  { values: { factor, mean, std } }: PreprocessPlan,
  channels: number,
  shape: readonly number[],
): ((value: string) => string) | undefined {
  const of = (list: readonly number[], i: number): number => list[list.length === 1 ? 0 : i]!
  const each = Array.from({ length: channels }, (_, i) => i)
  const factors = each.map(i => factor / of(std, i))
  const terms = each.map(i => -of(mean, i) / of(std, i))
  const [scales, moves] = [factors.some(by => by !== 1), terms.some(by => by !== 0)]
  if (!scales && !moves) return undefined
  return value => {
    const scaled = scales ? builder.op('Mul', [value, builder.float32(factors, shape)]) : value
    return moves ? builder.op('Add', [scaled, builder.float32(terms, shape)]) : scaled
  }
}

function inOrder({ builder }: Tools, { name }: PixelValue, order: PreprocessPlan['order']): string {
  if (order === 'nchw') return name
  if (order === 'nhwc') return builder.op('Transpose', [name], { perm: [0, 2, 3, 1] })
  return builder.op('Squeeze', [name, builder.int64([1])])
}

/** Under the input's own name and in its type. */
function finish(
  { builder }: Tools,
  value: string,
  batched: boolean,
  target: OnnxTensorType,
  bytes: boolean,
): void {
  const one = batched ? value : builder.op('Squeeze', [value, builder.int64([0])])
  const { dtype } = target
  const whole = dtype.startsWith('int') || dtype.startsWith('uint')
  if (!canCastTo(dtype) || (whole && !bytes))
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The input ${target.name} takes ${dtype}, and the steps make ${bytes ? 'bytes' : 'fractions'}`,
      hint: 'Leave scale and normalize out where the model does them, or keep the steps beside it.',
    })
  const typed = builder.cast(one, dtype)
  builder.named(target.name, 'Identity', [typed])
}
