import { misfit } from '../../../../../job-inputs.ts'
import type { InputValue, JobInput } from '../../../../../types.ts'
import type { Located } from '../../../../../yaml/located.ts'
import { mismatch } from '../../../../../yaml/place.ts'
import { compilePattern } from '../../../expression/pattern.ts'
import { flatten, list, mapOf } from '../../reader/composites.ts'
import { byKind, type Place, type Reader, refine } from '../../reader/reader.ts'
import { choice, text } from '../../reader/scalars.ts'
import { optional, required, struct } from '../../reader/struct.ts'

const MAX_INPUTS = 100
const MAX_OPTIONS = 100
const MAX_VALUE = 65_536

const scalar: Reader<string | number | boolean> = {
  expected: 'text, a number, true or false',
  keywords: [],
  read(node, place) {
    const value = node.kind === 'scalar' ? node.value : null
    const isLong = typeof value === 'string' && value.length > MAX_VALUE
    return value === null || isLong ? mismatch(node, place, scalar.expected) : value
  },
}

const anyValue = byKind<InputValue, readonly string[]>({
  scalar,
  list: { ...list(scalar, { max: MAX_OPTIONS }), read: readTexts },
})

function readTexts(node: Located, place: Place): readonly string[] | undefined {
  const values = flatten(node, MAX_OPTIONS, place)?.map(item => scalar.read(item, place))
  return values?.every(value => value !== undefined) ? values.map(String) : undefined
}

const input: Reader<JobInput> = refine(
  struct({
    what: 'an input of a job',
    fields: {
      default: required(anyValue),
      type: optional(choice(['string', 'number', 'boolean', 'array'])),
      options: optional(list(scalar, { min: 1, max: MAX_OPTIONS })),
      regex: optional(text({ expected: 'an RE2 expression', maxLength: 1000 })),
      description: optional(text({ expected: 'a description', maxLength: 4096 })),
    },
  }),
  (read, node, place): JobInput | undefined => {
    const { type = 'string', options, regex } = read
    if (regex !== undefined && (type !== 'string' || compilePattern(regex, '').kind !== 'pattern'))
      return mismatch(node, place, 'a regex of RE2, for a string alone')
    const made = { type, ...(options && { options }), ...(regex !== undefined && { regex }) }
    const expected = misfit(made, read.default)
    return expected === undefined
      ? { ...made, default: read.default }
      : mismatch(node, { ...place, trail: `${place.trail}.default` }, expected)
  },
)

/** Whoever starts or retries the job may give others. */
export const jobInputs: Reader<Readonly<Record<string, JobInput>>> = refine(
  mapOf({
    key: {
      pattern: /^[A-Za-z_][A-Za-z0-9_-]*$/,
      expected: 'the name of an input (letters, digits, _ and -)',
    },
    value: input,
    max: MAX_INPUTS,
    shown: '<NAME>',
  }),
  entries => Object.fromEntries(entries.map(({ name, value }) => [name, value])),
)
