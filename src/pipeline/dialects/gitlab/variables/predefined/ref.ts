import type { TriggerFacts } from '../../../types.ts'

/** What a pipeline runs for. A merge request has a branch too, though no branch pipeline. */
export type RefKind = 'branch' | 'tag' | 'merge_request'

export function refKind({ ref, mergeRequest }: TriggerFacts): RefKind {
  if (mergeRequest) return 'merge_request'
  return ref.startsWith('refs/tags/') ? 'tag' : 'branch'
}

/** `main`, `v1.0`; of a merge request its source branch. */
export function refName(trigger: TriggerFacts): string {
  return trigger.mergeRequest?.sourceBranch ?? trigger.ref.replace(/^refs\/(heads|tags)\//, '')
}

const SOURCES: Readonly<Record<TriggerFacts['event'], string>> = {
  push: 'push',
  tag: 'push',
  merge_request: 'merge_request_event',
  schedule: 'schedule',
  manual: 'web',
  api: 'api',
  upstream: 'pipeline',
  child: 'parent_pipeline',
}

/** `CI_PIPELINE_SOURCE`. */
export function pipelineSource({ event }: TriggerFacts): string {
  return SOURCES[event]
}

const NO_COMMIT = '0'.repeat(40)

/**
 * Where the branch was before the push, if the pipeline is for a push that moved one (or is the child of such a
 * pipeline). Undefined for a new branch, a tag, a merge request, and for whatever is no push.
 */
export function pushedFrom(trigger: TriggerFacts): string | undefined {
  const { event, before } = trigger
  if (refKind(trigger) !== 'branch' || (event !== 'push' && event !== 'child')) return undefined
  return before && !/^0+$/.test(before) ? before : undefined
}

/** `CI_COMMIT_BEFORE_SHA`: zeros where there is none. */
export function commitBefore(trigger: TriggerFacts): string {
  return pushedFrom(trigger) ?? NO_COMMIT
}
