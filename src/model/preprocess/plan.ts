import { ModelError } from '../errors.ts'
import type { Color, PreprocessStep } from '../types.ts'
import { LIBRARIES } from './resize/resize.ts'
import type { PixelStep } from './transforms.ts'
import type { Order, ValueMap } from './values.ts'

/** Steps, checked and sorted out. */
export interface PreprocessPlan {
  /** How images are decoded, where examples are encoded images (or the pixels of such). */
  readonly decode: DecodeStep | undefined
  readonly pixels: readonly PixelStep[]
  readonly values: ValueMap
  readonly order: Order
  readonly orderGiven: boolean
}

/** A larger side is a mistake: 16,384² pixels of floats are 3 GB. */
export const MAX_SIDE = 16_384

export type DecodeStep = Extract<PreprocessStep, { kind: 'decode' }>

const PHASES = {
  decode: 0,
  grayscale: 1,
  invert: 1,
  channels: 1,
  resize: 1,
  crop: 1,
  pad: 1,
  scale: 2,
  normalize: 3,
  layout: 4,
} as const
const RULE =
  'The order is: decode; then grayscale, invert, channels, resize, crop, pad; then scale; then normalize; then layout.'

/** Throws PREPROCESS_INVALID for steps in an order, or with numbers, that make no sense. */
export function planOf(steps: readonly PreprocessStep[]): PreprocessPlan {
  steps.forEach((step, index) => {
    checkStep(step, index)
    const before = steps[index - 1]
    if (before && PHASES[before.kind] > PHASES[step.kind]) {
      throw invalid(`Step ${index + 1}, ${step.kind}, stands behind ${before.kind}`, RULE)
    }
  })
  for (const kind of ['decode', 'grayscale', 'channels', 'scale', 'normalize', 'layout'] as const) {
    if (steps.filter(step => step.kind === kind).length > 1)
      throw invalid(`There are two steps ${kind}`, `Keep one. ${RULE}`)
  }
  if (steps.some(({ kind }) => kind === 'grayscale') && steps.some(({ kind }) => kind === 'channels'))
    throw invalid('There are grayscale and channels', 'Keep one: a gray image has no order of colours.')
  const decode = steps.find(step => step.kind === 'decode')
  const gray = steps.some(step => step.kind === 'grayscale')
  const scale = steps.find(step => step.kind === 'scale')
  const normalize = steps.find(step => step.kind === 'normalize')
  const layout = steps.find(step => step.kind === 'layout')
  checkChannels(decode ? (gray ? 1 : 3) : gray ? 1 : undefined, normalize, layout?.order)
  return {
    decode,
    pixels: steps.filter(isPixelStep),
    values: { factor: scale?.factor ?? 1, mean: normalize?.mean ?? [0], std: normalize?.std ?? [1] },
    order: layout?.order ?? 'nchw',
    orderGiven: layout !== undefined,
  }
}

function isPixelStep(step: PreprocessStep): step is PixelStep {
  return PHASES[step.kind] === 1
}

function checkStep(step: PreprocessStep, index: number): void {
  const where = `Step ${index + 1}, ${step.kind},`
  switch (step.kind) {
    case 'decode':
      if (step.background) checkColor(step.background, where)
      break
    case 'resize':
      checkResize(step, where)
      break
    case 'crop':
      checkSides([step.width, step.height], where)
      checkCorner(step, where)
      break
    case 'pad':
      checkColor(step.fill, where)
      if (step.to !== 'square') checkSides(Object.values(step.to), where)
      break
    case 'scale':
      if (!Number.isFinite(step.factor) || step.factor === 0)
        throw invalid(`${where} has the factor ${step.factor}`, 'Give a number such as 1/255.')
      break
    case 'normalize':
      checkNormalize(step, where)
  }
}

function checkSides(sides: readonly number[], where: string): void {
  for (const side of sides) {
    if (!Number.isInteger(side) || side < 1 || side > MAX_SIDE)
      throw invalid(`${where} has a side of ${side} pixels`, `Give whole numbers from 1 to ${MAX_SIDE}.`)
  }
}

function checkCorner({ x, y }: { readonly x?: number; readonly y?: number }, where: string): void {
  if (x === undefined && y === undefined) return
  for (const at of [x, y]) {
    if (at === undefined || !Number.isInteger(at) || at < 0 || at > MAX_SIDE)
      throw invalid(
        `${where} begins at (${x}, ${y})`,
        `Give both as whole numbers from 0 to ${MAX_SIDE}, or neither.`,
      )
  }
}

function checkColor(color: Color, where: string): void {
  const bad = color.find(value => !Number.isInteger(value) || value < 0 || value > 255)
  if (bad !== undefined || (color.length !== 1 && color.length !== 3))
    throw invalid(
      `${where} has the color [${color.join(', ')}]`,
      'Give one value for gray, or three for red, green and blue, each a whole number from 0 to 255.',
    )
}

function checkResize(step: Extract<PreprocessStep, { kind: 'resize' }>, where: string): void {
  checkSides('shortest' in step ? [step.shortest] : [step.width, step.height], where)
  const { like = 'pillow', filter = 'bilinear', antialias } = step
  const library = LIBRARIES[like]
  if (!library.filters.includes(filter))
    throw invalid(
      `${where} has the filter ${filter}, which ${like} does not have`,
      `Like ${like} there are ${library.filters.join(', ')}.`,
    )
  if (antialias !== undefined && library.antialias === undefined)
    throw invalid(
      `${where} sets antialias, which is no choice like ${like}`,
      "Leave it out, or resize like tensorflow or torch: Pillow's filters always widen, and OpenCV's never do.",
    )
  if ('fill' in step && step.fill) {
    checkColor(step.fill, where)
    if (step.fit === 'fill' || step.fit === 'cover')
      throw invalid(`${where} has a fill, and nothing is left to fill`, 'Take the fit contain or letterbox.')
  }
}

function checkNormalize({ mean, std }: Extract<PreprocessStep, { kind: 'normalize' }>, where: string): void {
  if (mean.length === 0 || mean.length !== std.length)
    throw invalid(
      `${where} has ${mean.length} means and ${std.length} stds`,
      'Give as many of one as of the other.',
    )
  const bad = [...mean, ...std].find(value => !Number.isFinite(value)) ?? std.find(value => value <= 0)
  if (bad !== undefined)
    throw invalid(`${where} holds ${bad}`, 'Means must be finite, and stds greater than 0.')
}

function checkChannels(
  channels: 1 | 3 | undefined,
  normalize: Extract<PreprocessStep, { kind: 'normalize' }> | undefined,
  order: Order | undefined,
): void {
  const given = normalize?.mean.length ?? 1
  if (channels !== undefined && given !== 1 && given !== channels)
    throw invalid(
      `normalize has ${given} means for ${channels} channels`,
      'Give one mean and std, or one for each channel.',
    )
  if (order === 'hw' && channels === 3)
    throw invalid(
      'layout hw has no place for 3 channels',
      'Put a grayscale step before it, or take nchw or nhwc.',
    )
}

function invalid(message: string, hint: string): ModelError {
  return new ModelError('PREPROCESS_INVALID', { message, hint })
}
