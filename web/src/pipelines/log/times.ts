import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { type LogTimes, logTimesSchema } from '../../../../src/api/log-times.ts'
import { read } from '../../api/http.ts'
import type { LogShown } from './follow.ts'

/** While a log grows, when its lines came is read again this often at most. */
const EVERY_MS = 1000

/** When the bytes of a log from `from` on came; nothing is asked for before it is wanted. */
export function useLogTimes(attempt: string, from: number, log: LogShown, wanted: boolean): LogTimes {
  const client = useQueryClient()
  const queryKey = ['log-times', attempt, from]
  const query = useQuery({
    queryKey,
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    async queryFn({ signal }) {
      const known = client.getQueryData<LogTimes>(queryKey) ?? []
      const offset = known.at(-1)?.[0] ?? from
      const path = `/api/v1/attempts/${encodeURIComponent(attempt)}/log/times?offset=${offset}`
      const { times } = await read(path, logTimesSchema, signal)
      const begins = times[0]?.[0] ?? Number.POSITIVE_INFINITY
      return [...known.filter(([at]) => at < begins), ...times]
    },
  })
  const { refetch } = query
  const { length } = log.lines
  const ended = log.state === 'ended'
  // What has come in one stretch is one mark.
  const mark = ended ? 'ended' : Math.floor(Date.now() / EVERY_MS)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each mark is a reason to read again
  useEffect(() => {
    if (wanted && length > 0) void refetch({ cancelRefetch: ended })
  }, [wanted, ended, mark, length > 0, refetch])
  return query.data ?? []
}
