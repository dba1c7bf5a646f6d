import type { Digest } from '../../../src/core/index.ts'
import { digestOf } from '../../../src/core/index.ts'
import { noise, safetensors, weights } from '../../server/store.ts'

/** Objects whose digests are known beforehand: what is needed at the end, and what nobody refers to. */
export interface PlannedObject {
  readonly number: number
  readonly digest: Digest
  readonly needed: boolean
}

const FAMILIES = 5

/**
 * The same for the same number. Every kind that a store treats in its own way: small ones, bytes that no reader
 * knows, models of some families with a fine-tune of a part and new weights in another. Of a family the first is the
 * largest and not needed, so that its pack is written again for what the others share with it.
 */
export function bytesOf(number: number): Buffer {
  if (number % 10 === 8) return noise(`small ${number}`, 100 + number)
  if (number % 10 === 9) return noise(`unknown ${number}`, 60_000 + 1000 * number)
  const family = number % FAMILIES
  const body = weights(`family ${family}`, 12_000)
  const first = number < FAMILIES
  return safetensors({
    shared: weights(`shared of ${family}`, 6000),
    body: body.map((value, i) => value * (1 + 1e-4 * number * Math.sin(i))),
    own: weights(`own ${number}`, first ? 60_000 : 2000),
  })
}

export function plannedObjects(count: number): readonly PlannedObject[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    digest: digestOf(bytesOf(number)),
    needed: number >= FAMILIES && number % 3 !== 0,
  }))
}
