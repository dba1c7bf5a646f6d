import { unfit } from './read.ts'
import type { Shape, Size } from './values.ts'

/**
 * The shape that two broadcast to, axes aligned from the last (ONNX, "Broadcasting"). Of two free axes with other
 * names, either may be 1: then the size is open.
 */
export function broadcast(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return undefined
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i): Size => {
    const [atA, atB] = [i - rank + a.length, i - rank + b.length]
    const x = atA < 0 ? 1 : (a[atA] ?? null)
    const y = atB < 0 ? 1 : (b[atB] ?? null)
    if (x === y || y === 1) return x
    if (x === 1) return y
    if (typeof x === 'number' && typeof y === 'number')
      throw unfit(`The shapes [${a.join(', ')}] and [${b.join(', ')}] don't fit each other`)
    if (typeof x === 'number') return x
    if (typeof y === 'number') return y
    return null
  })
}
