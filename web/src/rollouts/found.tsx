import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { rolloutById } from '../api/queries.ts'
import { Loaded } from '../ui/problem.tsx'

/** Leads from a rollout's id to its page. */
export function FoundRollout({ id }: { readonly id: string }) {
  return (
    <Loaded query={useQuery(rolloutById(id))}>
      {({ model }) => <Navigate replace to="/models/$model/rollouts/$id" params={{ model, id }} />}
    </Loaded>
  )
}
