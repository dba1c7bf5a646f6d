import { z } from 'zod'

/**
 * GET /api/v1/attempts/:id/log/times?offset=: when bytes of a log arrived. Each pair is an offset and the
 * milliseconds since 1970 at which the bytes from there on came, up to the next pair's; both only grow.
 */
export const logTimesSchema = z.object({ times: z.array(z.tuple([z.number().int(), z.number().int()])) })
export type LogTimes = z.infer<typeof logTimesSchema>['times']

/** When the byte at `offset` arrived; undefined where nobody wrote that down. */
export function logTimeAt(times: LogTimes, offset: number): number | undefined {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]![0] <= offset) low = middle + 1
    else high = middle
  }
  return times[low - 1]?.[1]
}
