import { ModelError } from '../errors.ts'
import type { PreprocessStep } from '../types.ts'
import type { PixelStep } from './transforms.ts'
import type { Order, ValueMap } from './values.ts'

/** Steps, checked and sorted out. */
export interface PreprocessPlan {
  /** Examples are encoded images (or the pixels of such). */
  readonly decode: boolean
  readonly pixels: readonly PixelStep[]
  readonly values: ValueMap
  readonly order: Order
  readonly orderGiven: boolean
}

/** A larger side is a mistake: 16,384² pixels of floats are 3 GB. */
export const MAX_SIDE = 16_384

const PHASES = {
  decode: 0,
  grayscale: 1,
  invert: 1,
  resize: 1,
  crop: 1,
  scale: 2,
  normalize: 3,
  layout: 4,
} as const
const RULE =
  'The order is: decode; then grayscale, invert, resize, crop; then scale; then normalize; then layout.'

/** Throws PREPROCESS_INVALID for steps in an order, or with numbers, that make no sense. */
export function planOf(steps: readonly PreprocessStep[]): PreprocessPlan {
  steps.forEach((step, index) => {
    checkStep(step, index)
    const before = steps[index - 1]
    if (before && PHASES[before.kind] > PHASES[step.kind]) {
      throw invalid(`Step ${index + 1}, ${step.kind}, stands behind ${before.kind}`, RULE)
    }
  })
  for (const kind of ['decode', 'grayscale', 'scale', 'normalize', 'layout'] as const) {
    if (steps.filter(step => step.kind === kind).length > 1)
      throw invalid(`There are two steps ${kind}`, `Keep one. ${RULE}`)
  }
  const decode = steps.some(step => step.kind === 'decode')
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
  if (step.kind === 'resize' || step.kind === 'crop') {
    for (const side of [step.width, step.height]) {
      if (!Number.isInteger(side) || side < 1 || side > MAX_SIDE)
        throw invalid(`${where} has a side of ${side} pixels`, `Give whole numbers from 1 to ${MAX_SIDE}.`)
    }
  }
  if (step.kind === 'scale' && (!Number.isFinite(step.factor) || step.factor === 0))
    throw invalid(`${where} has the factor ${step.factor}`, 'Give a number such as 1/255.')
  if (step.kind === 'normalize') checkNormalize(step, where)
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
