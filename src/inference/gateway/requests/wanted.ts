import type { RequestsQuery } from '../../../api/index.ts'
import { headIn } from './record.ts'

/** Lines that go together. */
export interface Block {
  readonly text: string
  readonly records: number
}

/** By its version and when it came: from `since` on, and before `until`. */
export function isWanted(json: string, { since, until, version }: RequestsQuery): boolean {
  const head = headIn(json)
  if (head === undefined) return false
  if (since !== undefined && head.at < since) return false
  if (until !== undefined && head.at >= until) return false
  return version === undefined || head.version === version
}
