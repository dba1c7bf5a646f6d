import type { FailureCause } from '../../../../../types.ts'
import { oneOrMore } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { choice, integer } from '../../reader/scalars.ts'
import { optional, struct } from '../../reader/struct.ts'
import { exitCodes } from './allow-failure.ts'

/** GitLab's own. */
const MAX_RETRIES = 2

/** What each of GitLab's failure types is here; one that can't arise has no cause. */
const CAUSES = {
  always: [],
  unknown_failure: ['other'],
  // An image that can't be pulled counts as a failed script in GitLab.
  script_failure: ['script', 'setup'],
  api_failure: ['other'],
  stuck_or_timeout_failure: ['unmatched', 'timeout'],
  runner_system_failure: ['runner', 'setup'],
  runner_unsupported: ['unmatched'],
  stale_schedule: [],
  job_execution_timeout: ['timeout'],
  archived_failure: [],
  unmet_prerequisites: ['setup'],
  scheduler_failure: ['unmatched'],
  data_integrity_failure: ['other'],
  runner_provisioning_timeout: ['unmatched'],
} as const satisfies Readonly<Record<string, readonly FailureCause[]>>

type FailureType = keyof typeof CAUSES

export interface Retry {
  readonly max: number
  /** Absent: whatever the cause. */
  readonly only?: { readonly causes: readonly FailureCause[]; readonly exitCodes: readonly number[] }
}

const max = integer(0, MAX_RETRIES)
const when = oneOrMore(choice(Object.keys(CAUSES) as FailureType[]), Object.keys(CAUSES).length, 1)

export const retry: Reader<Retry> = byKind<Retry, never, Retry>({
  scalar: refine(max, value => ({ max: value })),
  map: refine(
    struct({
      what: 'retry',
      fields: { max: optional(max), when: optional(when), exit_codes: optional(exitCodes) },
    }),
    read => ({ max: read.max ?? 0, ...onlyFor(read.when, read.exit_codes) }),
  ),
})

function onlyFor(
  types: readonly FailureType[] | undefined,
  codes: readonly number[] | undefined,
): Pick<Retry, 'only'> {
  if ((!types && !codes) || types?.includes('always')) return {}
  const causes = new Set((types ?? []).flatMap((type): readonly FailureCause[] => CAUSES[type]))
  return { only: { causes: [...causes], exitCodes: codes ?? [] } }
}
