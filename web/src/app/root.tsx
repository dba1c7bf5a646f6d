import { useQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { LoginPage } from '../access/login-page.tsx'
import { ApiError } from '../api/errors.ts'
import { LiveProvider } from '../api/live.tsx'
import { me } from '../api/queries.ts'
import { Loaded } from '../ui/problem.tsx'
import { Shell } from './shell.tsx'

/** The page that was asked for, or first the log-in. */
export function Root() {
  const query = useQuery(me)
  if (query.error instanceof ApiError && query.error.status === 401) return <LoginPage />
  return (
    <Loaded query={query}>
      {caller => (
        <LiveProvider>
          <Shell caller={caller}>
            <Outlet />
          </Shell>
        </LiveProvider>
      )}
    </Loaded>
  )
}
