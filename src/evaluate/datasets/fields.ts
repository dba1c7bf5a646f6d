import { nearestName } from '../../core/index.ts'
import { EvaluateError } from '../errors.ts'
import type { DatasetOptions } from './types.ts'

/** Names that are taken for examples and truths, the likeliest first; case does not matter. */
const INPUTS = [
  'x_test',
  'images_test',
  'test_images',
  'images',
  'image',
  'x',
  'data',
  'inputs',
  'input',
  'features',
] as const
const LABELS = [
  'y_test',
  'labels_test',
  'test_labels',
  'labels',
  'label',
  'y',
  'targets',
  'target',
  'truth',
  'class',
] as const

/** The field of examples: that of the options, else the first known name. Throws DATASET_FIELD_MISSING. */
export function inputFieldOf(names: readonly string[], { inputField }: DatasetOptions, file: string): string {
  return pick(names, inputField, INPUTS, { file, what: 'examples', option: 'inputField' })
}

/** Whether one of these is known to hold the examples. */
export function hasInputField(names: readonly string[]): boolean {
  return names.some(name => (INPUTS as readonly string[]).includes(name.toLowerCase()))
}

/** The field of truths. Throws DATASET_FIELD_MISSING. */
export function labelFieldOf(names: readonly string[], { labelField }: DatasetOptions, file: string): string {
  return pick(names, labelField, LABELS, { file, what: 'truths', option: 'labelField' })
}

interface Wanted {
  readonly file: string
  readonly what: 'examples' | 'truths'
  readonly option: 'inputField' | 'labelField'
}

function pick(
  names: readonly string[],
  asked: string | undefined,
  known: readonly string[],
  wanted: Wanted,
): string {
  if (asked !== undefined) {
    if (names.includes(asked)) return asked
    throw missing(names, wanted, `has no field '${asked}'`, nearestName(asked, names))
  }
  for (const name of known) {
    const found = names.find(each => each.toLowerCase() === name)
    if (found !== undefined) return found
  }
  throw missing(names, wanted, `has no field that is known to hold ${wanted.what} (${known.join(', ')})`)
}

/** So many names are listed in a message. */
const MAX_LISTED = 20

function missing(
  names: readonly string[],
  { file, option }: Wanted,
  what: string,
  nearest?: string,
): EvaluateError {
  const there = names.slice(0, MAX_LISTED).join(', ') || 'none at all'
  return new EvaluateError('DATASET_FIELD_MISSING', {
    message: `${file} ${what}; its fields are: ${there}`,
    hint: nearest ? `Did you mean '${nearest}'?` : `Name one of them as evaluate.${option} in ballast.yaml.`,
    details: { fields: names.slice(0, MAX_LISTED) },
  })
}
