import { bytes, EMPTY_DICT, join, type Op, PROTO, SETITEM, STOP, text } from './pickle-bytes.ts'

/** A pickle that does harm, with what its trick is and the rule that must tell of it. */
export interface Attack {
  readonly name: string
  readonly content: Uint8Array
  readonly rule: string
  /** `unsafe` without. */
  readonly verdict?: 'unknown'
}

export const command = 'echo pwned'
export const COMMAND = text(command)
export const p2 = (...parts: readonly (Op | string)[]): Uint8Array => join(PROTO(2), ...parts, STOP)
export const p4 = (...parts: readonly (Op | string)[]): Uint8Array => join(PROTO(4), ...parts, STOP)
export const attack = (
  name: string,
  content: Uint8Array,
  rule = 'pickle/dangerous-call',
  verdict?: 'unknown',
): Attack => ({
  ...{ name, content, rule },
  ...(verdict && { verdict }),
})

export const nested = (content: Uint8Array): Uint8Array =>
  p4(EMPTY_DICT, text('weights'), bytes(content), SETITEM)
