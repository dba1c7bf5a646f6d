import type { MergeRequestView } from '../../../../src/api/triggers.ts'

/** What keeps an open merge request from being merged, as far as its page can see; the server decides. */
export type Obstacle =
  | { readonly kind: 'draft' }
  | { readonly kind: 'elsewhere'; readonly external: string }
  | { readonly kind: 'no-pipeline' }
  | { readonly kind: 'pipeline'; readonly number: number; readonly state: 'running' | 'failed' | 'canceled' }
  | { readonly kind: 'conflicts'; readonly paths: readonly string[] }
  /** Its target is gone. */
  | { readonly kind: 'no-target' }

type Seen = Pick<MergeRequestView, 'state' | 'draft' | 'external' | 'needsSuccess' | 'pipeline' | 'conflicts'>

export function obstaclesTo(request: Seen): readonly Obstacle[] {
  if (request.state !== 'open') return []
  const found: Obstacle[] = []
  if (request.external !== null) found.push({ kind: 'elsewhere', external: request.external })
  if (request.draft) found.push({ kind: 'draft' })
  if (request.conflicts === null) found.push({ kind: 'no-target' })
  else if (request.conflicts.length > 0) found.push({ kind: 'conflicts', paths: request.conflicts })
  if (request.needsSuccess) found.push(...pipelineIn(request))
  return found
}

function pipelineIn({ pipeline }: Seen): readonly Obstacle[] {
  if (pipeline === null) return [{ kind: 'no-pipeline' }]
  const { number, state } = pipeline
  return state === 'succeeded' ? [] : [{ kind: 'pipeline', number, state }]
}
