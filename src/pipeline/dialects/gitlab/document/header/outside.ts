import type { Location } from '../../../../../core/index.ts'
import type { InputValue } from '../../../../types.ts'
import type { Located } from '../../../../yaml/located.ts'
import { located } from '../interpolation/json.ts'
import type { InputSpec } from './types.ts'

/**
 * Inputs that come with the trigger. On a command line or in a push option everything is text, so a number, a
 * boolean or an array (as JSON) is read from it where the file wants one.
 */
export function inputsFromOutside(
  inputs: Readonly<Record<string, InputValue>>,
  specs: ReadonlyMap<string, InputSpec>,
  at: Location,
): ReadonlyMap<string, Located> {
  const entries = Object.entries(inputs).map(([name, value]) => {
    const type = specs.get(name)?.type ?? 'string'
    return [name, located(typeof value === 'string' ? typed(value, type) : value, at)] as const
  })
  return new Map(entries)
}

const MAX_ARRAY_TEXT = 65_536

function typed(text: string, type: InputSpec['type']): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (type === 'number' && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
  if (type === 'array' && text.length <= MAX_ARRAY_TEXT) {
    try {
      const parsed: unknown = JSON.parse(text)
      return Array.isArray(parsed) ? parsed : text
    } catch {
      return text
    }
  }
  return text
}
