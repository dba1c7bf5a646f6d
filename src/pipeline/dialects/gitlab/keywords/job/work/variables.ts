import type { Location } from '../../../../../../core/index.ts'
import type { VariableSpec } from '../../../types.ts'
import { list, mapOf, type NamedEntry } from '../../reader/composites.ts'
import { byKind, isNothing, type Reader, refine } from '../../reader/reader.ts'
import { flag, plainText, text } from '../../reader/scalars.ts'
import { optional, struct } from '../../reader/struct.ts'

/** The kernel's own limit for one string of the environment is 128 KiB. */
const MAX_VALUE = 131_072
const MAX_VARIABLES = 1000
const MAX_OPTIONS = 200

const key = { pattern: /^[A-Za-z0-9_]+$/, expected: 'the name of a variable (letters, digits and _)' }
/** A name without a value is empty, in GitLab too. */
const value: Reader<string> = {
  ...plainText(MAX_VALUE),
  read: (node, place) => (isNothing(node) ? '' : plainText(MAX_VALUE).read(node, place)),
}

/** A variable of the files, as a person meets it who starts the pipeline by hand. */
export interface WrittenVariable extends VariableSpec {
  readonly at: Location
  readonly description?: string
  readonly options?: readonly string[]
}

const jobValue = byKind({
  scalar: refine(value, plain => ({ value: plain, expand: undefined })),
  map: struct({
    what: 'a variable of a job',
    fields: { value: optional(value), expand: optional(flag()) },
  }),
})

const globalValue = byKind({
  scalar: refine(value, plain => ({
    value: plain,
    expand: undefined,
    description: undefined,
    options: undefined,
  })),
  map: refine(
    struct({
      what: 'a variable',
      fields: {
        value: optional(value),
        description: optional(text({ expected: 'text', empty: true, maxLength: 32_768 })),
        options: optional(list(value, { min: 1, max: MAX_OPTIONS })),
        expand: optional(flag()),
      },
    }),
    (read, node, place) => {
      const { options, value: chosen } = read
      if (!options || (chosen !== undefined && options.includes(chosen))) return read
      const facts = { expected: `one of ${options.slice(0, 10).join(', ')}` }
      const message = `The value of ${place.trail} is none of its options`
      return place.findings.error(node.at, 'BAD_VALUE', message, facts)
    },
  ),
})

type Written = NamedEntry<{
  readonly value?: string | undefined
  readonly expand?: boolean | undefined
  readonly description?: string | undefined
  readonly options?: readonly string[] | undefined
}>

function specOf({ name, at, value: written }: Written): WrittenVariable {
  const { value: text_ = '', expand = true, description, options } = written
  return {
    name,
    at,
    value: text_,
    expand,
    file: false,
    ...(description !== undefined && { description }),
    ...(options && { options }),
  }
}

export const globalVariables: Reader<readonly WrittenVariable[]> = refine(
  mapOf({ key, value: globalValue, max: MAX_VARIABLES, shown: '<NAME>' }),
  entries => entries.map(specOf),
)

export const jobVariables: Reader<readonly WrittenVariable[]> = refine(
  mapOf({ key, value: jobValue, max: MAX_VARIABLES, shown: '<NAME>' }),
  entries => entries.map(specOf),
)

/** Of rules: names and values, no more. */
export const rulesVariables: Reader<readonly WrittenVariable[]> = refine(
  mapOf({ key, value, max: MAX_VARIABLES, shown: '<NAME>' }),
  entries => entries.map(entry => specOf({ ...entry, value: { value: entry.value } })),
)

export const plainVariables: Reader<readonly NamedEntry<string>[]> = refine(jobVariables, variables =>
  variables.map(({ name, at, value: text_ }) => ({ name, at, value: text_ })),
)
