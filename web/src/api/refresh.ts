import { useQueryClient } from '@tanstack/react-query'
import { staleAfter } from './invalidation.ts'

/** The stream of changes tells it as well; whoever acted sees it at once. */
export function useRefresh(model: string): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    const stale = staleAfter({ kind: 'model', project: '', model })
    await Promise.all(stale.map(queryKey => client.invalidateQueries({ queryKey })))
  }
}
