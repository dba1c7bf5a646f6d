import type { ProjectFacts, TriggerFacts } from '../../../types.ts'
import { commitBefore, refKind, refName } from './ref.ts'
import { slugOf } from './slug.ts'
import type { Predefined } from './table.ts'

interface Context {
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
}

/** A first line that is longer is no title of its own, and the description is the whole message. */
const MAX_TITLE = 100

export const COMMIT: readonly Predefined<Context>[] = [
  { name: 'CI_COMMIT_SHA', value: ({ trigger }) => trigger.commit },
  { name: 'CI_COMMIT_SHORT_SHA', value: ({ trigger }) => trigger.commit.slice(0, 8) },
  {
    name: 'CI_COMMIT_BEFORE_SHA',
    note: 'zeros for a new ref, and for whatever is no push',
    value: ({ trigger }) => commitBefore(trigger),
  },
  { name: 'CI_COMMIT_REF_NAME', value: ({ trigger }) => refName(trigger) },
  { name: 'CI_COMMIT_REF_SLUG', value: ({ trigger }) => slugOf(refName(trigger)) },
  { name: 'CI_COMMIT_REF_PROTECTED', value: ({ trigger }) => String(trigger.protectedRef) },
  {
    name: 'CI_COMMIT_BRANCH',
    note: 'not for tags and merge requests',
    value: ({ trigger }) => (refKind(trigger) === 'branch' ? refName(trigger) : undefined),
  },
  {
    name: 'CI_COMMIT_TAG',
    value: ({ trigger }) => (refKind(trigger) === 'tag' ? refName(trigger) : undefined),
  },
  {
    name: 'CI_COMMIT_TAG_MESSAGE',
    value: ({ trigger }) => (refKind(trigger) === 'tag' ? (trigger.tagMessage ?? '') : undefined),
  },
  { name: 'CI_COMMIT_MESSAGE', value: ({ trigger }) => trigger.commitMessage },
  { name: 'CI_COMMIT_TITLE', value: ({ trigger }) => titleOf(trigger) },
  {
    name: 'CI_COMMIT_DESCRIPTION',
    note: 'the message without its first line, unless that has more than 100 characters',
    value: ({ trigger }) => descriptionOf(trigger),
  },
  { name: 'CI_COMMIT_AUTHOR', value: ({ trigger }) => trigger.commitAuthor },
  { name: 'CI_COMMIT_TIMESTAMP', value: ({ trigger }) => trigger.commitTimestamp },
  {
    name: 'CI_OPEN_MERGE_REQUESTS',
    note: 'only the merge request that the pipeline is for',
    value: ({ trigger, project }) => trigger.mergeRequest && `${project.name}!${trigger.mergeRequest.number}`,
  },
]

function titleOf({ commitMessage }: TriggerFacts): string {
  return commitMessage.split('\n', 1)[0]!
}

function descriptionOf(trigger: TriggerFacts): string {
  const title = titleOf(trigger)
  if (title.length > MAX_TITLE) return trigger.commitMessage
  return trigger.commitMessage.slice(title.length + 1).replace(/\n$/, '')
}
