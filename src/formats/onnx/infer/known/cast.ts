import type { OnnxDtype } from '../../types.ts'
import type { Element } from '../values.ts'
import { isInteger, isSizes, rounded } from './dtypes.ts'
import type { Fold } from './types.ts'

/** Where a number has no place in the type, C++ leaves it open, and so does this. */
function element(item: Element, from: OnnxDtype, to: OnnxDtype): Element {
  if (typeof item === 'string') return from === to || (isSizes(from) && isSizes(to)) ? item : null
  if (item === null) return null
  return rounded(to, isInteger(to) ? Math.trunc(item) : item)
}

export const cast: Fold = ({ inputs: [x] }, [type]) =>
  x?.known && [x.known.map(item => element(item, x.dtype, type!.dtype))]
