import { userInfo } from 'node:os'
import { basename } from 'node:path'
import type { MergeRequestFacts, ProjectFacts, TriggerFacts } from '../../../pipeline/index.ts'
import { baseOf, commitOf } from '../tree/changes.ts'
import { git } from '../tree/git.ts'
import type { WorkingTree } from '../tree/repository.ts'
import { type NamedEvent, type OccasionOptions, tableOf } from './options.ts'

const NO_COMMIT: string = '0'.repeat(40)

export interface Occasion {
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
}

/** What a server would know of the push: read from the local repository, or said on the command line. */
export async function occasionOf(tree: WorkingTree, options: OccasionOptions): Promise<Occasion> {
  const state = tree.git
  const head = state?.head
  const defaultBranch = state?.defaultBranch ?? 'main'
  const { event, ref } = await refOf(tree, options, defaultBranch)
  const user = state?.user?.name ?? userInfo().username
  const commit = head?.commit ?? NO_COMMIT
  const message = head?.message ?? ''
  const facts = {
    event,
    ref,
    commit,
    commitMessage: message,
    commitAuthor: head?.author ?? `${user} <${state?.user?.email ?? ''}>`,
    commitTimestamp: head?.timestamp ?? new Date(0).toISOString(),
    protectedRef: ref === `refs/heads/${defaultBranch}`,
    principal: { id: 'local', name: user },
    variables: Object.fromEntries(tableOf(options.var)),
    // As texts: the file that declares them says what they are.
    inputs: Object.fromEntries(tableOf(options.input)),
  }
  const target = options.target ?? defaultBranch
  const base = await baseOf(tree, event === 'merge_request' ? target : undefined)
  // Where it is said what has changed, there was something before.
  const before = base?.commit ?? (options.changed && event !== 'tag' ? commit : undefined)
  const name = options.project ?? nameOf(state?.origin) ?? basename(tree.root)
  return {
    trigger: {
      ...facts,
      ...(before !== undefined && { before }),
      ...(event === 'merge_request' && {
        mergeRequest: await mergeRequestOf(tree, { ...facts, target, project: name }),
      }),
      ...(event === 'schedule' && { schedule: { id: '1', description: 'on this machine' } }),
      ...(event === 'tag' && { tagMessage: message }),
    },
    project: { id: name, name, defaultBranch, serverUrl: 'http://127.0.0.1' },
  }
}

interface RefFacts {
  readonly event: NamedEvent
  readonly ref: string
}

/** A name that is a tag and no branch, or `refs/tags/…`, makes the event that of a tag. */
async function refOf(
  tree: WorkingTree,
  { ref, event }: OccasionOptions,
  defaultBranch: string,
): Promise<RefFacts> {
  if (ref?.startsWith('refs/tags/')) return { event: event ?? 'tag', ref }
  if (ref?.startsWith('refs/')) return { event: event ?? 'push', ref }
  const branch = ref ?? tree.git?.branch ?? defaultBranch
  if (event === 'merge_request') return { event, ref: 'refs/merge-requests/1/head' }
  if (event === 'tag') return { event, ref: `refs/tags/${ref ?? (await tagAtHead(tree)) ?? 'v0.0.0'}` }
  const isTag = ref !== undefined && (await commitOf(tree, `refs/tags/${ref}`)) !== undefined
  if (isTag && !(await commitOf(tree, `refs/heads/${ref}`)))
    return { event: event ?? 'tag', ref: `refs/tags/${ref}` }
  return { event: event ?? 'push', ref: `refs/heads/${branch}` }
}

async function tagAtHead(tree: WorkingTree): Promise<string | undefined> {
  const tags = await git(tree.root, 'tag', '--points-at', 'HEAD')
  return tags?.split('\n')[0] || undefined
}

async function mergeRequestOf(
  tree: WorkingTree,
  facts: Pick<TriggerFacts, 'commit' | 'commitMessage'> & {
    readonly target: string
    readonly project: string
  },
): Promise<MergeRequestFacts> {
  const [title = '', ...rest] = facts.commitMessage.split('\n')
  const targetSha =
    (await commitOf(tree, `refs/remotes/origin/${facts.target}`)) ??
    (await commitOf(tree, `refs/heads/${facts.target}`)) ??
    NO_COMMIT
  return {
    number: 1,
    title,
    description: rest.join('\n').trim(),
    sourceBranch: tree.git?.branch ?? facts.target,
    targetBranch: facts.target,
    sourceSha: facts.commit,
    targetSha,
    sourceProject: facts.project,
    labels: [],
    draft: false,
  }
}

/** `team/app` of `git@host:team/app.git` and `https://host/team/app.git`. */
function nameOf(origin: string | undefined): string | undefined {
  const path = origin && (URL.parse(origin)?.pathname ?? /^[^/]+:(.+)$/.exec(origin)?.[1])
  const name = path
    ?.replace(/^\/+/, '')
    .replace(/\.git$/, '')
    .replace(/\/+$/, '')
  return name && /^[\w.-]+(\/[\w.-]+)*$/.test(name) ? name : undefined
}
