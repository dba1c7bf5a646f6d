import { type Fields, optional, type StructOf, struct } from '../reader/composites.ts'
import type { Reader } from '../reader/reader.ts'
import { integer } from '../reader/scalars.ts'
import { duration, size } from '../reader/units.ts'

/** A cache beyond this belongs in front of the gateway. */
const MAX_CACHE_BYTES = 64 * 2 ** 30
const SECOND = 1000
const MAX_IDLE_MS = 30 * 86_400_000
/** More requests that wait have no chance to be answered in time. */
const MAX_QUEUE = 1_000_000
const MAX_THREADS = 256
const MAX_BATCH = 65_536

const fields = {
  cache: optional(
    size(1024, MAX_CACHE_BYTES, '1 KiB to 64 GiB'),
    'memory for answers to equal inputs; none by default',
  ),
  idle: optional(
    duration(SECOND, MAX_IDLE_MS, '1s to 30d'),
    'unloaded after so long without a request, until the next one; never by default',
  ),
  queue: optional(integer(1, MAX_QUEUE), 'requests that may wait; 1,024 by default'),
  threads: optional(integer(1, MAX_THREADS), 'within one run; by default what the host finds best'),
  max_batch: optional(
    integer(1, MAX_BATCH),
    'rows that run together at most; what is learnt decides below it',
  ),
} satisfies Fields

export type WrittenServe = StructOf<typeof fields>
export const serveSection: Reader<WrittenServe> = struct({ what: 'serve', fields })
