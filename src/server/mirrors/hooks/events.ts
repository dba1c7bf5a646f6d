import { z } from 'zod'
import type { Forge, MergeRequestState } from '../../../pipeline/index.ts'

/** What a delivery says, as far as it matters: refs are asked of the remote itself, so no ref is taken from here. */
export type HookEvent =
  | { readonly kind: 'ping' }
  | { readonly kind: 'refs' }
  | { readonly kind: 'merge request'; readonly request: ToldMergeRequest }
  | { readonly kind: 'ignored'; readonly reason: string }

export interface ToldMergeRequest {
  readonly number: number
  readonly title: string
  readonly description: string
  readonly source: string
  readonly target: string
  readonly head: string
  readonly state: MergeRequestState
  readonly draft: boolean
  readonly labels: readonly string[]
  /** From another repository: its code is nobody's of the project. */
  readonly fork: boolean
}

const MAX_TITLE = 255
const MAX_DESCRIPTION = 20_000
const MAX_LABELS = 50

const REFS: Readonly<Record<Forge, readonly string[]>> = {
  github: ['push', 'create', 'delete'],
  gitlab: ['Push Hook', 'Tag Push Hook'],
  gitea: ['push', 'create', 'delete'],
}
const REQUESTS: Readonly<Record<Forge, string>> = {
  github: 'pull_request',
  gitlab: 'Merge Request Hook',
  gitea: 'pull_request',
}

/** Undefined where a merge request's event can't be read. */
export function readEvent(forge: Forge, event: string, payload: unknown): HookEvent | undefined {
  if (event === 'ping') return { kind: 'ping' }
  if (REFS[forge].includes(event)) return { kind: 'refs' }
  if (event !== REQUESTS[forge])
    return { kind: 'ignored', reason: `nothing comes of '${event.slice(0, 60)}'` }
  const request = forge === 'gitlab' ? gitlabRequest(payload) : pullRequest(payload)
  return request && { kind: 'merge request', request }
}

const text = z.string()
const sha = z.string().regex(/^[0-9a-f]{40}$/)
const number = z.number().int().min(1).max(999_999_999)
const repository = z.object({ full_name: text }).nullish()

/** GitHub's, which Gitea and Forgejo send too. */
const pullRequestSchema = z.object({
  pull_request: z.object({
    number,
    title: text,
    body: text.nullish(),
    state: text,
    merged: z.boolean().nullish(),
    draft: z.boolean().nullish(),
    labels: z.array(z.object({ name: text })).nullish(),
    head: z.object({ ref: text, sha, repo: repository }),
    base: z.object({ ref: text, repo: repository }),
  }),
})

function pullRequest(payload: unknown): ToldMergeRequest | undefined {
  const read = pullRequestSchema.safeParse(payload)
  if (!read.success) return undefined
  const { head, base, ...request } = read.data.pull_request
  return {
    number: request.number,
    title: request.title.slice(0, MAX_TITLE),
    description: (request.body ?? '').slice(0, MAX_DESCRIPTION),
    source: head.ref,
    target: base.ref,
    head: head.sha,
    state: request.merged ? 'merged' : request.state === 'open' ? 'open' : 'closed',
    draft: request.draft ?? /^\s*(\[?wip\]?|draft)\s*:/i.test(request.title),
    labels: (request.labels ?? []).slice(0, MAX_LABELS).map(({ name }) => name.slice(0, 100)),
    // A fork that was deleted has no repository any more.
    fork: !head.repo || !base.repo || head.repo.full_name !== base.repo.full_name,
  }
}

const gitlabSchema = z.object({
  object_attributes: z.object({
    iid: number,
    title: text,
    description: text.nullish(),
    source_branch: text,
    target_branch: text,
    source_project_id: z.number().nullish(),
    target_project_id: z.number(),
    state: text,
    draft: z.boolean().nullish(),
    work_in_progress: z.boolean().nullish(),
    last_commit: z.object({ id: sha }),
  }),
  labels: z.array(z.object({ title: text })).nullish(),
})

function gitlabRequest(payload: unknown): ToldMergeRequest | undefined {
  const read = gitlabSchema.safeParse(payload)
  if (!read.success) return undefined
  const { object_attributes: request, labels } = read.data
  return {
    number: request.iid,
    title: request.title.slice(0, MAX_TITLE),
    description: (request.description ?? '').slice(0, MAX_DESCRIPTION),
    source: request.source_branch,
    target: request.target_branch,
    head: request.last_commit.id,
    state: request.state === 'merged' ? 'merged' : request.state === 'closed' ? 'closed' : 'open',
    draft: request.draft ?? request.work_in_progress ?? false,
    labels: (labels ?? []).slice(0, MAX_LABELS).map(({ title }) => title.slice(0, 100)),
    fork: request.source_project_id !== request.target_project_id,
  }
}
