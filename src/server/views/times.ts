import { type Instant, isoOf } from '../../core/index.ts'

export function isoOrNull(time: Instant | undefined): string | null {
  return time === undefined ? null : isoOf(time)
}
