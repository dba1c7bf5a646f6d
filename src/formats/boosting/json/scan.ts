import type { Failures } from '../../errors.ts'
import { MAX_GAP, MAX_NUMBER_LENGTH } from '../limits.ts'
import type { Window } from './window.ts'

/** Before a number, in one, or behind one. */
type State = 'before' | 'in' | 'behind'

/** 1 where a byte may stand in a number, or in NaN, Infinity, true and false. */
const NUMBER = new Uint8Array(256)
for (const character of '0123456789+-.eENaInfitytrueals') NUMBER[character.charCodeAt(0)] = 1

/** Goes over the numbers of an array, up to its bracket; gives how many there are. They are looked at when they are read. */
export async function scanNumbers(window: Window, fail: Failures): Promise<number> {
  let state: State = 'before'
  let [count, length, gap] = [0, 0, 0]
  while (await window.more()) {
    const { bytes } = window
    let { at } = window
    for (; at < bytes.byteLength; at++) {
      const byte = bytes[at]!
      if (NUMBER[byte] === 1) {
        if (state === 'behind') break
        if (state === 'before') length = gap = 0
        state = 'in'
        if (++length > MAX_NUMBER_LENGTH) break
      } else if (byte === 0x2c) {
        if (state === 'before') break
        state = 'before'
        count++
        gap = 0
      } else if (byte === 0x5d) {
        window.at = at
        if (state === 'before' && count > 0) break
        return state === 'before' ? 0 : count + 1
      } else if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
        if (state === 'in') state = 'behind'
        if (++gap > MAX_GAP) break
      } else break
    }
    window.at = at
    if (at < bytes.byteLength) {
      const found = String.fromCharCode(bytes[at]!)
      throw fail.malformed(
        { name: window.source.name, offset: window.offset },
        `'${found}' is out of place in an array of numbers`,
      )
    }
  }
  throw fail.truncated({ name: window.source.name, offset: window.offset }, 'the file ends within an array')
}
