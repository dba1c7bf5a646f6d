import type { MergeRequestFacts, ProjectFacts, TriggerFacts } from '../../types.ts'

export const DIGITS: ProjectFacts = {
  id: 'prj_1',
  name: 'team/digits',
  defaultBranch: 'main',
  serverUrl: 'http://127.0.0.1:4400',
}

/** A push that moved the default branch. */
export function aTrigger(facts: Partial<TriggerFacts> = {}): TriggerFacts {
  return {
    event: 'push',
    ref: 'refs/heads/main',
    commit: 'a'.repeat(40),
    before: 'b'.repeat(40),
    commitMessage: 'Change',
    commitAuthor: 'Ada <ada@example.com>',
    commitTimestamp: '2026-01-01T00:00:00Z',
    protectedRef: false,
    principal: { id: 'usr_1', name: 'ada' },
    variables: {},
    inputs: {},
    ...facts,
  }
}

export function aMergeRequest(facts: Partial<MergeRequestFacts> = {}): Partial<TriggerFacts> {
  const mergeRequest: MergeRequestFacts = {
    number: 7,
    title: 'Add X',
    description: '',
    sourceBranch: 'feature',
    targetBranch: 'main',
    sourceSha: 'a'.repeat(40),
    targetSha: 'c'.repeat(40),
    sourceProject: 'team/digits',
    labels: [],
    draft: false,
    ...facts,
  }
  return { event: 'merge_request', ref: 'refs/merge-requests/7/head', mergeRequest }
}
