import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../api/errors.ts'
import { me } from '../api/queries.ts'

/** What was read stays until a change is told (api/live.tsx); a session that ended leads to the log-in. */
export function createClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError(error, query) {
        if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== me.queryKey[0])
          void client.invalidateQueries({ queryKey: me.queryKey })
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 0,
      },
    },
  })
  return client
}
