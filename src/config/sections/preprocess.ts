import { nearestName } from '../../core/index.ts'
import { compilePreprocess, ModelError, type PreprocessStep } from '../../model/index.ts'
import { type Located, mismatch, quote, within } from '../../pipeline/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { byKind, type Place, type Reader, refine } from '../reader/reader.ts'
import { choice, integer, number, text } from '../reader/scalars.ts'

const MAX_STEPS = 32
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

const normalize = refine(
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
)

const resize = byKind({
  list: refine(size, (pair): PreprocessStep => ({ kind: 'resize', ...sides(pair), fit: 'fill' })),
  map: refine(
    struct({
      what: 'resize',
      fields: {
        size: required(size, '[width, height] in pixels'),
        fit: optional(
          choice(['fill', 'cover', 'contain']),
          'stretch, cut or pad where the shape differs',
          'fill',
        ),
      },
    }),
    ({ size, fit = 'fill' }): PreprocessStep => ({ kind: 'resize', ...sides(size), fit }),
  ),
})

const withValue = {
  decode: refine(choice(['image']), (what): PreprocessStep => ({ kind: 'decode', what })),
  resize,
  crop: refine(size, (pair): PreprocessStep => ({ kind: 'crop', ...sides(pair) })),
  scale: refine(factor, (factor): PreprocessStep => ({ kind: 'scale', factor })),
  normalize,
  layout: refine(choice(['nchw', 'nhwc', 'hw']), (order): PreprocessStep => ({ kind: 'layout', order })),
} satisfies Readonly<Record<string, Reader<PreprocessStep>>>

const ALONE = ['grayscale', 'invert'] as const
const alone: Reader<PreprocessStep> = {
  schema: { enum: [...ALONE] },
  expected: `a step such as ${ALONE.join(', ')}`,
  read(node, place) {
    const kind = ALONE.find(name => node.kind === 'scalar' && node.value === name)
    return kind ? { kind } : unknownStep(node.kind === 'scalar' ? node.text : '', node, place)
  },
}

/** `{ scale: 1/255 }`: one key, which is the kind of step. */
const keyed: Reader<PreprocessStep> = {
  schema: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(withValue).map(([kind, { schema }]) => [kind, schema])),
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  },
  expected: `a step such as ${Object.keys(withValue).join(', ')}`,
  read(node, place) {
    const entry = node.kind === 'map' && node.entries.length === 1 ? node.entries[0]! : undefined
    if (!entry) return mismatch(node, place, 'a map with one key, the kind of step')
    if (!Object.hasOwn(withValue, entry.key)) return unknownStep(entry.key, node, place)
    return withValue[entry.key as keyof typeof withValue].read(entry.value, within(place, entry.key))
  },
}

/** The steps, in an order that the interpreter takes: it is asked itself. */
export const preprocess: Reader<readonly PreprocessStep[]> = refine(
  list(byKind({ scalar: alone, map: keyed }), { max: MAX_STEPS }),
  (steps, node, place) => {
    try {
      compilePreprocess(steps)
      return steps
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      const hint = error.hint === undefined ? {} : { hint: error.hint }
      return place.findings.error(node.at, 'BAD_VALUE', `Bad value of ${place.trail}: ${error.message}`, hint)
    }
  },
)

function unknownStep(kind: string, node: Located, place: Place): undefined {
  const message = `There is no preprocessing step ${quote(kind)}`
  const names = [...ALONE, ...Object.keys(withValue)]
  const near = nearestName(kind, names)
  const hints = [
    node.kind === 'map' && near === kind && `write '- ${kind}', without a colon`,
    node.kind === 'scalar' && near === kind && `write '- ${kind}: …', with what it takes`,
    near && `did you mean '${near}'?`,
    `there are ${names.join(', ')}`,
  ]
  return place.findings.error(node.at, 'BAD_VALUE', message, { hint: hints.find(hint => hint) || '' })
}

function sides(pair: readonly number[]): { width: number; height: number } {
  return { width: pair[0]!, height: pair[1]! }
}
