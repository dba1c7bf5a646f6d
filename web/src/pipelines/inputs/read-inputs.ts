import type { JobInputView } from '../../../../src/api/views.ts'

type Value = JobInputView['value']
/** What stands in each field, by the names of the inputs. */
export type Written = Readonly<Record<string, string>>

/** As a field shows it: elements of an array a line each. */
export function writtenOf(inputs: readonly JobInputView[]): Written {
  return Object.fromEntries(
    inputs.map(({ name, value }) => [name, Array.isArray(value) ? value.join('\n') : String(value)]),
  )
}

/**
 * Values that differ from those that the job would take anyway; what is no number stays a text, and the server says
 * what it wants instead.
 */
export function readInputs(inputs: readonly JobInputView[], written: Written): Record<string, Value> {
  const before = writtenOf(inputs)
  const changed = inputs.filter(({ name }) => written[name] !== undefined && written[name] !== before[name])
  return Object.fromEntries(changed.map(input => [input.name, typed(input, written[input.name]!)]))
}

function typed({ type }: JobInputView, text: string): Value {
  switch (type) {
    case 'string':
      return text
    case 'number':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
    case 'boolean':
      return text === 'true'
    case 'array':
      return text.split('\n').filter(line => line !== '')
  }
}
