import type { Sized } from './decode/picture.ts'
import type { PixelStep } from './transforms.ts'

/** A JPEG's transform gives an image of a half, a quarter or an eighth for less than the whole. */
const SHARES = [8, 4, 2] as const

/** The smallest of these sizes that the first resize still shrinks; undefined where it is none. */
export function reducedSize({ width, height }: Sized, steps: readonly PixelStep[]): Sized | undefined {
  const [first] = steps.filter(step => step.kind !== 'grayscale' && step.kind !== 'invert')
  if (first?.kind !== 'resize') return undefined
  const [shortest, longest] = [Math.min(width, height), Math.max(width, height)]
  const room = (): number => {
    if ('shortest' in first) return shortest / first.shortest
    const target = Math.max(first.width, first.height)
    return (first.fit === 'contain' || first.fit === 'letterbox' ? longest : shortest) / target
  }
  const share = SHARES.find(share => room() >= share)
  return (
    share && {
      width: Math.max(1, Math.floor(width / share)),
      height: Math.max(1, Math.floor(height / share)),
    }
  )
}
