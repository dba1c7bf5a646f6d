import {
  type Color,
  type PreprocessStep,
  RESIZE_FILTERS,
  RESIZE_LIKES,
  type ResizeFilter,
  type ResizeLike,
} from '../../model/index.ts'
import { mismatch } from '../../pipeline/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { byKind, type Reader, refine } from '../reader/reader.ts'
import { choice, flag, integer, number, text } from '../reader/scalars.ts'

/** A side of an image: four times 4K. */
const MAX_PIXELS = 16_384
/** Grey, with alpha, RGB, RGBA. */
const MAX_CHANNELS = 4

const size = list(integer(1, MAX_PIXELS), { min: 2, max: 2 })
const ratio = text({
  expected: 'a fraction such as 1/255',
  pattern: /^\d{1,9}(\.\d{1,9})?\s*\/\s*\d{1,9}(\.\d{1,9})?$/,
  maxLength: 40,
})

const numberReader = number({ above: 0, expected: 'a number above 0, or a fraction such as 1/255' })
const factor: Reader<number> = {
  schema: { anyOf: [numberReader.schema, ratio.schema] },
  expected: numberReader.expected,
  read(node, place) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return numberReader.read(node, place)
    const [above, below] = ratio.read(node, place)?.split('/').map(Number) ?? []
    if (above === undefined || below === undefined) return undefined
    return above > 0 && below > 0 ? above / below : mismatch(node, place, numberReader.expected)
  },
}

const color = byKind({
  scalar: refine(integer(0, 255), (value): Color => [value]),
  list: list(integer(0, 255), { min: 3, max: 3 }),
})

/** Means and deviations of values from 0 to 1 that published models were trained with. */
const NORMALIZE_PRESETS = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  inception: { mean: [0.5], std: [0.5] },
  clip: {
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
} as const

const normalize = byKind({
  scalar: refine(
    choice(['imagenet', 'inception', 'clip']),
    (name): PreprocessStep => ({
      kind: 'normalize',
      ...NORMALIZE_PRESETS[name],
    }),
  ),
  map: refine(
    struct({
      what: 'normalize',
      fields: {
        mean: required(
          list(number({ expected: 'a number' }), { min: 1, max: MAX_CHANNELS }),
          'a mean for each channel',
        ),
        std: required(
          list(number({ above: 0, expected: 'a number above 0' }), { min: 1, max: MAX_CHANNELS }),
          'a standard deviation for each channel',
        ),
      },
    }),
    ({ mean, std }, node, place): PreprocessStep | undefined =>
      mean.length === std.length
        ? { kind: 'normalize', mean, std }
        : mismatch(node, place, `as many values of std as of mean (${mean.length})`),
  ),
})

/** What `preprocess_input` of Keras' applications does with bytes. */
const KERAS: Readonly<Record<'caffe' | 'tf' | 'torch', readonly PreprocessStep[]>> = {
  caffe: [
    { kind: 'channels', order: 'bgr' },
    { kind: 'normalize', mean: [103.939, 116.779, 123.68], std: [1, 1, 1] },
  ],
  tf: [
    { kind: 'scale', factor: 1 / 127.5 },
    { kind: 'normalize', mean: [1], std: [1] },
  ],
  torch: [
    { kind: 'scale', factor: 1 / 255 },
    { kind: 'normalize', ...NORMALIZE_PRESETS.imagenet },
  ],
}

const how = {
  filter: optional(choice(RESIZE_FILTERS), 'how pixels are computed', 'bilinear'),
  like: optional(
    choice(RESIZE_LIKES),
    "the library whose pixels are wanted, those of the model's training",
    'pillow',
  ),
  antialias: optional(
    flag(),
    'whether filters widen where the image shrinks; like tensorflow and torch only',
  ),
}

const resizeMap = struct({
  what: 'resize',
  fields: {
    size: optional(size, '[width, height] in pixels'),
    shortest: optional(integer(1, MAX_PIXELS), 'the shorter side in pixels; the longer one in proportion'),
    fit: optional(
      choice(['fill', 'cover', 'contain', 'letterbox']),
      'stretch, cut or pad where the shape differs',
      'fill',
    ),
    fill: optional(color, 'what is around an image that is contained'),
    ...how,
  },
})

const resize = byKind({
  list: refine(size, (pair): PreprocessStep => ({ kind: 'resize', ...sides(pair), fit: 'fill' })),
  map: refine(resizeMap, (read, node, place): PreprocessStep | undefined => {
    const { size, shortest, fit, fill, ...rest } = read
    if (size && shortest !== undefined) return mismatch(node, place, 'either size or shortest')
    const how = given(rest)
    if (size) return { kind: 'resize', ...sides(size), fit: fit ?? 'fill', ...(fill && { fill }), ...how }
    if (shortest === undefined) return mismatch(node, place, 'either size or shortest')
    const needless = fit ? 'fit' : fill ? 'fill' : undefined
    if (needless) return mismatch(node, place, `size where there is ${needless}`)
    return { kind: 'resize', shortest, ...how }
  }),
})

const decode = byKind({
  scalar: refine(choice(['image']), (what): PreprocessStep => ({ kind: 'decode', what })),
  map: refine(
    struct({
      what: 'decode',
      fields: {
        image: required(
          choice(['exact', 'fast']),
          'fast: a large JPEG at a part of its size, where the first resize allows it; pixels differ a little',
        ),
        background: optional(color, 'what shows behind transparent pixels; without it alpha is dropped'),
      },
    }),
    ({ image, background }): PreprocessStep => ({
      kind: 'decode',
      what: 'image',
      ...(image === 'fast' && { speed: image }),
      ...(background && { background }),
    }),
  ),
})

const crop = byKind({
  list: refine(size, (pair): PreprocessStep => ({ kind: 'crop', ...sides(pair) })),
  map: refine(
    struct({
      what: 'crop',
      fields: {
        size: required(size, '[width, height] in pixels'),
        at: optional(
          list(integer(0, MAX_PIXELS), { min: 2, max: 2 }),
          '[x, y] of the upper left corner; without it the middle',
        ),
      },
    }),
    ({ size, at }): PreprocessStep => ({
      kind: 'crop',
      ...sides(size),
      ...(at && { x: at[0]!, y: at[1]! }),
    }),
  ),
})

type PadTarget = Extract<PreprocessStep, { kind: 'pad' }>['to']

const pad = refine(
  struct({
    what: 'pad',
    fields: {
      to: optional(
        byKind<'square', ReturnType<typeof sides>>({ scalar: choice(['square']), list: refine(size, sides) }),
        'square, or [width, height] in pixels',
      ),
      multiple: optional(integer(1, MAX_PIXELS), 'each side to the next multiple'),
      fill: optional(color, 'what is around the image', 0),
      align: optional(
        choice(['center', 'start']),
        'where the image is; start: the upper left corner',
        'center',
      ),
    },
  }),
  ({ to, multiple, fill = [0], align = 'center' }, node, place): PreprocessStep | undefined => {
    const target: PadTarget | undefined = to ?? (multiple === undefined ? undefined : { multiple })
    return target && (!to || multiple === undefined)
      ? { kind: 'pad', to: target, fill, align }
      : mismatch(node, place, 'either to or multiple')
  },
)

/** Steps that take something, by their kind. `keras` stands for several. */
export const STEPS = {
  decode,
  resize,
  crop,
  pad,
  channels: refine(choice(['rgb', 'bgr']), (order): PreprocessStep => ({ kind: 'channels', order })),
  scale: refine(factor, (factor): PreprocessStep => ({ kind: 'scale', factor })),
  normalize,
  keras: refine(choice(['caffe', 'tf', 'torch']), name => KERAS[name]),
  layout: refine(choice(['nchw', 'nhwc', 'hw']), (order): PreprocessStep => ({ kind: 'layout', order })),
} satisfies Readonly<Record<string, Reader<PreprocessStep | readonly PreprocessStep[]>>>

/** Whether it is one of those for values from 0 to 1, which are never meant for 0 to 255. */
export function isPreset(step: Extract<PreprocessStep, { kind: 'normalize' }>): boolean {
  return Object.values(NORMALIZE_PRESETS).some(preset => preset.mean === step.mean)
}

/** Without the keys that were left out. */
function given(read: {
  readonly filter?: ResizeFilter | undefined
  readonly like?: ResizeLike | undefined
  readonly antialias?: boolean | undefined
}): { readonly filter?: ResizeFilter; readonly like?: ResizeLike; readonly antialias?: boolean } {
  const { filter, like, antialias } = read
  return {
    ...(filter && { filter }),
    ...(like && { like }),
    ...(antialias !== undefined && { antialias }),
  }
}

function sides(pair: readonly number[]): { width: number; height: number } {
  return { width: pair[0]!, height: pair[1]! }
}
