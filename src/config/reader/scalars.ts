import { nearestName } from '../../core/index.ts'
import { mismatch } from '../../pipeline/index.ts'
import type { Reader } from './reader.ts'

export interface TextRule {
  readonly expected: string
  readonly pattern?: RegExp
  readonly maxLength: number
}

/** A key with nothing behind it: the map that it stands for, empty. */
export const nothing: Reader<Record<string, never>> = {
  schema: { type: 'null' },
  expected: 'nothing',
  read: (node, place) =>
    node.kind === 'scalar' && node.value === null ? {} : mismatch(node, place, 'a map'),
}

/** Text that is not empty, and matches. */
export function text({ expected, pattern, maxLength }: TextRule): Reader<string> {
  return {
    schema: { type: 'string', minLength: 1, maxLength, ...(pattern && { pattern: pattern.source }) },
    expected,
    read(node, place) {
      if (node.kind !== 'scalar') return mismatch(node, place, expected)
      const { value } = node
      if (value === null) return mismatch(node, place, expected)
      if (typeof value !== 'string') return mismatch(node, place, expected, quoteHint(node.text, pattern))
      if (value === '') return mismatch(node, place, expected, 'it is empty')
      if (value.length > maxLength)
        return mismatch(node, place, `${expected} of ${maxLength} characters at most`)
      return pattern && !pattern.test(value) ? mismatch(node, place, expected) : value
    },
  }
}

/** `name: 1234` is a number to YAML. */
function quoteHint(written: string, pattern: RegExp | undefined): string | undefined {
  return !pattern || pattern.test(written) ? `put it in quotes: "${written}"` : undefined
}

/** One of a closed set of words. */
export function choice<const Name extends string>(names: readonly Name[]): Reader<Name> {
  const expected = names.length === 1 ? names[0]! : `one of ${names.join(', ')}`
  return {
    schema: { enum: [...names] },
    expected,
    read(node, place) {
      const name = names.find(name => node.kind === 'scalar' && node.value === name)
      if (name !== undefined) return name
      const near = node.kind === 'scalar' ? nearestName(node.text, names) : undefined
      return mismatch(node, place, expected, near && `did you mean '${near}'?`)
    },
  }
}

export function flag(): Reader<boolean> {
  return {
    schema: { type: 'boolean' },
    expected: 'true or false',
    read: (node, place) =>
      node.kind === 'scalar' && typeof node.value === 'boolean'
        ? node.value
        : mismatch(node, place, 'true or false'),
  }
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Reader<number> {
  const expected = `a whole number from ${min} to ${max}`
  return {
    schema: { type: 'integer', minimum: min, maximum: max },
    expected,
    read(node, place) {
      const value = node.kind === 'scalar' ? node.value : undefined
      const right = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      return right ? value : mismatch(node, place, expected)
    },
  }
}

/** A number, neither infinite nor absurdly large; `above` is excluded. */
export function number({
  above,
  atMost = MAX_NUMBER,
  expected,
}: {
  readonly above?: number
  readonly atMost?: number
  readonly expected: string
}): Reader<number> {
  return {
    schema: {
      type: 'number',
      minimum: -MAX_NUMBER,
      maximum: atMost,
      ...(above !== undefined && { exclusiveMinimum: above }),
    },
    expected,
    read(node, place) {
      const value = node.kind === 'scalar' ? node.value : undefined
      const right = typeof value === 'number' && value >= -MAX_NUMBER && value <= atMost
      return right && (above === undefined || value > above) ? value : mismatch(node, place, expected)
    },
  }
}

/** float32's range, in which preprocessing is done. */
const MAX_NUMBER = 3.4e38

/** Any plain value as its text: the value of an environment variable. */
export function plainText(maxLength: number): Reader<string> {
  const expected = 'text, a number, true or false'
  return {
    schema: { type: ['string', 'number', 'boolean', 'null'], maxLength },
    expected,
    read(node, place) {
      if (node.kind !== 'scalar') return mismatch(node, place, expected)
      const value = node.value === null ? '' : typeof node.value === 'string' ? node.value : node.text
      if (value.includes('\0')) return mismatch(node, place, 'text without the character 0')
      return value.length > maxLength ? mismatch(node, place, `at most ${maxLength} characters`) : value
    },
  }
}
