import { useQuery } from '@tanstack/react-query'
import type { Me } from '../../../src/api/views.ts'
import { me, project } from '../api/queries.ts'

const CONTROLLING: readonly (string | null)[] = ['maintainer', 'admin']

/** Whether the server would let this caller promote, pause, abort and roll back: the token's scope and the person's role. */
export function mayControl({ scopes, admin }: Pick<Me, 'scopes' | 'admin'>, role: string | null): boolean {
  return scopes.includes('deploy') && (admin || CONTROLLING.includes(role))
}

/** False until it is known. */
export function useMayControl(name: string): boolean {
  const { data: caller } = useQuery(me)
  const { data: found } = useQuery(project(name))
  return caller !== undefined && found !== undefined && mayControl(caller, found.role)
}
