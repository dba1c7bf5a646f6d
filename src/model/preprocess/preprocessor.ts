import type { Tensor } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import { numbersOf } from '../numbers.ts'
import type { PreprocessStep } from '../types.ts'
import { type DecodeOptions, withImage, withoutAlpha } from './decode/decode.ts'
import { type Pixels, pixelsOf, withChannels } from './pixels.ts'
import { type PreprocessPlan, planOf } from './plan.ts'
import { reducedSize } from './reduce.ts'
import { applyPixelStep } from './transforms.ts'
import { atOnce, inTurns, type Work } from './turns.ts'
import { Values } from './values.ts'

/** Preprocessing steps, compiled: the same numbers for an image and for the array of its pixels. */
export interface Preprocessor {
  /** Whether it takes encoded images: the steps begin with decode. */
  readonly takesImages: boolean
  /**
   * The bytes of an image (JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PNM) -> float32 [1, C, H, W] (or the layout given).
   * Without a grayscale step C is 3. The event loop has its turns while a large one is worked on.
   * Throws IMAGE_UNREADABLE, IMAGE_TOO_LARGE or EXAMPLE_INVALID.
   */
  fromImage(bytes: Uint8Array): Promise<Tensor>
  /**
   * One example that is an array already, at once and without native code. An image (H, W) or (H, W, C) of bytes, or
   * of floats on the same 0…255 scale; a vector of features where there are no image steps. With no steps at all,
   * the example itself with a leading axis of one, its type kept. Throws EXAMPLE_INVALID.
   */
  fromArray(example: Tensor): Tensor
}

/** Throws PREPROCESS_INVALID for steps that make no sense together. */
export function compilePreprocess(steps: readonly PreprocessStep[]): Preprocessor {
  const plan = planOf(steps)
  const values = new Values(plan.values)
  const { decode } = plan
  const options: DecodeOptions = {
    background: decode?.background,
    reduce: decode?.speed === 'fast' ? full => reducedSize(full, plan.pixels) : undefined,
  }
  return {
    takesImages: decode !== undefined,
    async fromImage(bytes) {
      if (decode) return await withImage(bytes, options, pixels => inTurns(finish(pixels, plan, values)))
      throw new ModelError('EXAMPLE_INVALID', {
        message: 'This model takes arrays: its preprocessing decodes no image',
        hint: 'Begin model.preprocess with `decode: image`, or send a tensor.',
      })
    },
    fromArray(example) {
      if (steps.length === 0) return { ...example, shape: [1, ...example.shape] }
      if (isVector(example) && !hasImageSteps(plan)) return features(example, plan, values)
      return atOnce(finish(pixelsOf(example), plan, values))
    },
  }
}

/** One example through steps that are used once; `compilePreprocess` is for many. */
export function preprocessArray(example: Tensor, steps: readonly PreprocessStep[]): Tensor {
  return compilePreprocess(steps).fromArray(example)
}

function* finish(source: Pixels, plan: PreprocessPlan, values: Values): Work<Tensor> {
  let pixels = plan.decode ? withoutAlpha(source, plan.decode.background) : source
  for (const step of plan.pixels) pixels = yield* applyPixelStep(pixels, step)
  const gray = plan.pixels.some(step => step.kind === 'grayscale')
  if (plan.decode && !gray) pixels = withChannels(pixels, 3)
  checkChannels(pixels, plan)
  return yield* values.toTensor(pixels, plan.order)
}

function features(example: Tensor, plan: PreprocessPlan, values: Values): Tensor {
  const numbers = Float32Array.from(numbersOf(example))
  checkMeans(plan, numbers.length)
  return { dtype: 'float32', shape: [1, numbers.length], data: values.ofFeatures(numbers) }
}

function isVector(example: Tensor): boolean {
  return example.shape.length === 1 && example.dtype !== 'string'
}

function hasImageSteps(plan: PreprocessPlan): boolean {
  return plan.decode !== undefined || plan.pixels.length > 0 || plan.orderGiven
}

function checkChannels({ channels }: Pixels, plan: PreprocessPlan): void {
  checkMeans(plan, channels)
  if (plan.order === 'hw' && channels !== 1) {
    throw new ModelError('EXAMPLE_INVALID', {
      message: `layout hw takes one channel, and the example has ${channels}`,
      hint: 'Add a grayscale step, or take the layout nchw or nhwc.',
    })
  }
}

function checkMeans({ values }: PreprocessPlan, channels: number): void {
  if (values.mean.length === 1 || values.mean.length === channels) return
  throw new ModelError('EXAMPLE_INVALID', {
    message: `normalize has ${values.mean.length} means, and the example has ${channels} channels`,
    hint: 'Give one mean and std, or one for each channel.',
  })
}
