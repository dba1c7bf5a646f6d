import type { Located } from '../../../../yaml/located.ts'
import { mismatch } from '../../../../yaml/place.ts'
import type { Reader } from './reader.ts'

/** Longer than any name, path or key that means something; scripts have a limit of their own. */
const MAX_TEXT = 4096

export interface TextRule {
  readonly expected: string
  readonly pattern?: RegExp
  readonly maxLength?: number
  readonly empty?: boolean
}

/** Text, not empty unless the rule says so, without a control character. */
export function text({ expected, pattern, maxLength = MAX_TEXT, empty = false }: TextRule): Reader<string> {
  return {
    expected,
    keywords: [],
    read(node, place) {
      if (node.kind !== 'scalar' || node.value === null) return mismatch(node, place, expected)
      const { value } = node
      if (typeof value !== 'string') {
        return mismatch(node, place, expected, `put it in quotes: "${node.text.slice(0, 60)}"`)
      }
      if (value === '' && !empty) return mismatch(node, place, expected, 'it is empty')
      if (value.length > maxLength)
        return mismatch(node, place, `${expected}, ${maxLength} characters at most`)
      if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(value)) {
        return mismatch(node, place, `${expected} without control characters`)
      }
      return pattern && !pattern.test(value) ? mismatch(node, place, expected) : value
    },
  }
}

export function flag(): Reader<boolean> {
  const expected = 'true or false'
  return {
    expected,
    keywords: [],
    read(node, place) {
      const value = node.kind === 'scalar' ? node.value : undefined
      return typeof value === 'boolean' ? value : mismatch(node, place, expected)
    },
  }
}

export function integer(min: number, max: number): Reader<number> {
  const expected = `a whole number from ${min} to ${max}`
  return {
    expected,
    keywords: [],
    read(node, place) {
      const value = node.kind === 'scalar' ? node.value : undefined
      const right = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      return right ? value : mismatch(node, place, expected)
    },
  }
}

export function choice<const T extends string>(values: readonly T[]): Reader<T> {
  const expected = `one of ${values.join(', ')}`
  return {
    expected,
    keywords: [],
    read(node, place) {
      const value = node.kind === 'scalar' ? node.value : undefined
      const found = values.find(known => known === value)
      if (found !== undefined) return found
      const near = typeof value === 'string' ? place.findings.nearest(value, values) : {}
      return mismatch(node, place, expected, near.hint)
    },
  }
}

/** Any plain value as its text, as Ruby writes it: the value of a variable. */
export function plainText(maxLength: number): Reader<string> {
  const expected = 'text, a number, true or false'
  return {
    expected,
    keywords: [],
    read(node, place) {
      const value = plainOf(node)
      if (value === undefined) return mismatch(node, place, expected)
      if (value.includes('\0')) return mismatch(node, place, 'text without the character 0')
      return value.length > maxLength ? mismatch(node, place, `at most ${maxLength} characters`) : value
    },
  }
}

/** `1.10` is the number 1.1 to YAML, `1.0` stays `1.0` in Ruby, and whole numbers have no end. */
function plainOf(node: Located): string | undefined {
  if (node.kind !== 'scalar' || node.value === null) return undefined
  if (typeof node.value !== 'number' || /^-?\d{16,}$/.test(node.text))
    return typeof node.value === 'number' ? node.text : `${node.value}`
  return Number.isInteger(node.value) && /^[-+]?\d[\d_]*\.\d*$/.test(node.text)
    ? `${node.value}.0`
    : `${node.value}`
}
