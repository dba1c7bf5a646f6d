import { nearestName } from '../../core/index.ts'
import { compilePreprocess, ModelError, type PreprocessStep } from '../../model/index.ts'
import { type Located, mismatch, quote, within } from '../../pipeline/index.ts'
import { list } from '../reader/composites.ts'
import { byKind, type Place, type Reader, refine } from '../reader/reader.ts'
import { isPreset, STEPS } from './preprocess-steps.ts'

const MAX_STEPS = 32

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
const keyed: Reader<PreprocessStep | readonly PreprocessStep[]> = {
  schema: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(STEPS).map(([kind, { schema }]) => [kind, schema])),
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  },
  expected: `a step such as ${Object.keys(STEPS).join(', ')}`,
  read(node, place) {
    const entry = node.kind === 'map' && node.entries.length === 1 ? node.entries[0]! : undefined
    if (!entry) return mismatch(node, place, 'a map with one key, the kind of step')
    if (!Object.hasOwn(STEPS, entry.key)) return unknownStep(entry.key, node, place)
    return STEPS[entry.key as keyof typeof STEPS].read(entry.value, within(place, entry.key))
  },
}

/** The steps, in an order that the interpreter takes: it is asked itself. */
export const preprocess: Reader<readonly PreprocessStep[]> = refine(
  list(byKind({ scalar: alone, map: keyed }), { max: MAX_STEPS }),
  (read, node, place) => {
    const steps = read.flat()
    const bare = steps.find(step => step.kind === 'normalize' && isPreset(step))
    if (bare && !steps.some(step => step.kind === 'scale'))
      return mismatch(
        node,
        place,
        'a step `scale: 1/255` before normalize by name, which takes values from 0 to 1',
      )
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
  const names = [...ALONE, ...Object.keys(STEPS)]
  const near = nearestName(kind, names)
  const hints = [
    node.kind === 'map' && near === kind && `write '- ${kind}', without a colon`,
    node.kind === 'scalar' && near === kind && `write '- ${kind}: …', with what it takes`,
    near && `did you mean '${near}'?`,
    `there are ${names.join(', ')}`,
  ]
  return place.findings.error(node.at, 'BAD_VALUE', message, { hint: hints.find(hint => hint) || '' })
}
