import { describe, expect, test } from 'vitest'
import type { RefPolicy } from '../types.ts'
import { decideRefPolicies } from './policies.ts'
import { aMergeRequest, anOccasion, place, type World } from './test-occasion.ts'

type Policy = Omit<RefPolicy, 'at'>
const at = (policy: Policy | undefined, line: number) => policy && { ...policy, at: place(line) }

const decide = (world: World, only?: Policy, except?: Policy, hasWorkflowRules = false) =>
  decideRefPolicies(at(only, 3), at(except, 8), anOccasion(world), { hasWorkflowRules })

const BRANCH: World = { trigger: { ref: 'refs/heads/issue-1' } }
const TAG: World = { trigger: { event: 'tag', ref: 'refs/tags/v1.0' } }
const MERGE_REQUEST: World = { trigger: aMergeRequest() }
const SCHEDULE: World = { trigger: { event: 'schedule' } }

describe('without only, except and rules', () => {
  test.each([
    ['a branch', BRANCH, true],
    ['a tag', TAG, true],
    ['a schedule, which is for a branch', SCHEDULE, true],
    ['a merge request', MERGE_REQUEST, false],
  ] as const)('%s', async (_, world, included) => {
    expect((await decide(world)).included).toBe(included)
    expect((await decide(world, { refs: ['branches', 'tags'] })).included).toBe(included)
  })

  test('rules of the workflow leave merge requests in', async () => {
    expect((await decide(MERGE_REQUEST, undefined, undefined, true)).included).toBe(true)
  })

  test('except alone leaves merge requests out', async () => {
    expect((await decide(MERGE_REQUEST, undefined, { refs: ['schedules'] })).included).toBe(false)
    expect((await decide(BRANCH, undefined, { refs: ['schedules'] })).included).toBe(true)
    expect((await decide(SCHEDULE, undefined, { refs: ['schedules'] })).included).toBe(false)
  })
})

describe('refs', () => {
  test.each<[World, string, boolean]>([
    [{}, 'main', true],
    [BRANCH, 'main', false],
    [BRANCH, 'branches', true],
    [BRANCH, 'tags', false],
    [BRANCH, '/^issue-.*$/', true],
    [BRANCH, '/^ISSUE-/', false],
    [BRANCH, '/^ISSUE-/i', true],
    [BRANCH, '/issue/', true],
    [BRANCH, 'issue-.*', false],
    [BRANCH, 'pushes', true],
    [BRANCH, 'push', true],
    [TAG, 'tags', true],
    [TAG, 'branches', false],
    [TAG, 'pushes', true],
    [TAG, 'v1.0', true],
    [TAG, '/^v\\d/', true],
    [MERGE_REQUEST, 'merge_requests', true],
    [MERGE_REQUEST, 'branches', false],
    [MERGE_REQUEST, 'feature', false],
    [MERGE_REQUEST, '/feature/', false],
    [SCHEDULE, 'schedules', true],
    [SCHEDULE, 'branches', true],
    [SCHEDULE, 'pushes', false],
    [{ trigger: { event: 'manual' } }, 'web', true],
    [{ trigger: { event: 'api' } }, 'api', true],
    [{ trigger: { event: 'upstream' } }, 'pipelines', true],
    [{ trigger: { event: 'child' } }, 'pipelines', false],
    [{}, 'triggers', false],
    [{}, 'external', false],
    [{}, 'chat', false],
    [{}, 'external_pull_requests', false],
    [{}, 'main@team/digits', true],
    [{}, 'main@other/digits', false],
    [{}, 'branches@team/digits', true],
    [BRANCH, '/^issue/@team/digits', true],
    [BRANCH, '/^issue/@Team/digits', false],
    [{ trigger: { ref: 'refs/heads/a@b' } }, '/a\\x40b/', true],
  ])('%j as %s: %s', async (world, ref, included) => {
    expect((await decide(world, { refs: [ref] })).included).toBe(included)
    expect((await decide(world, { refs: ['none', ref] })).included).toBe(included)
    expect((await decide(world, undefined, { refs: [ref] }, true)).included).toBe(!included)
  })

  test('the reason is one line', async () => {
    expect(await decide(BRANCH, { refs: ['main', 'tags'] })).toMatchObject({
      why: 'only at line 3: main, tags do not fit branch issue-1, push',
    })
    expect(await decide(BRANCH, { refs: ['branches'] }, { refs: ['/^issue/'] })).toMatchObject({
      why: 'except at line 8: /^issue/',
    })
    expect(await decide(BRANCH, { refs: ['branches'] })).toMatchObject({
      included: true,
      why: 'only: branches',
    })
  })

  test('a pattern that RE2 cannot take is told', async () => {
    expect(await decide(BRANCH, { refs: ['/^(?!main).+$/'] })).toMatchObject({
      included: false,
      problems: [{ severity: 'error', message: "RE2 patterns can't have a negative lookahead" }],
    })
  })
})

describe('variables', () => {
  const variables = ['$RELEASE == "staging"', '$STAGING'].map((text, i) => ({ text, at: place(i + 4) }))

  test.each([
    [{ RELEASE: 'staging' }, true],
    [{ STAGING: '1' }, true],
    [{ RELEASE: 'production' }, false],
  ])('%j: %s', async (values, included) => {
    expect((await decide({ variables: values }, { variables })).included).toBe(included)
    expect((await decide({ variables: values }, undefined, { variables })).included).toBe(!included)
  })

  test('all that cannot be read are told, also after a ref that does not fit', async () => {
    const bad = ['$A =', '$B &'].map((text, i) => ({ text, at: place(i + 4) }))
    const { problems } = await decide(TAG, { refs: ['branches'], variables: bad })
    expect(problems).toMatchObject([{ at: { line: 4 } }, { at: { line: 5 } }])
  })
})

describe('changes', () => {
  const changed = { before: ['docker/scripts/a.sh'] }
  test.each<[string, World, string, boolean]>([
    ['a push that changes it', { changed }, 'docker/scripts/*', true],
    ['a push that does not', { changed }, 'docker/*', false],
    ['a merge request', { ...MERGE_REQUEST, changed }, 'docker/scripts/*', true],
    ['a tag, always', { ...TAG, changed }, 'none', true],
    ['a schedule, always', { ...SCHEDULE, changed }, 'none', true],
  ])('%s', async (_, world, path, included) => {
    expect((await decide(world, { changes: [path] })).included).toBe(included)
    expect((await decide(world, undefined, { changes: [path] }, true)).included).toBe(!included)
  })
})

describe('several keys', () => {
  const variables = [{ text: '$V', at: place(4) }]
  test.each<[World, boolean, boolean]>([
    [{ variables: { V: '1' } }, true, false],
    [{ variables: {} }, false, false],
    [{ trigger: { ref: 'refs/heads/x' }, variables: { V: '1' } }, false, false],
    [{ trigger: { ref: 'refs/heads/x' } }, false, true],
  ])('%j: all of only, one of except', async (world, only, except) => {
    expect((await decide(world, { refs: ['main'], variables })).included).toBe(only)
    expect((await decide(world, undefined, { refs: ['main'], variables })).included).toBe(except)
  })

  test('there is no cluster', async () => {
    expect(await decide({}, { kubernetes: true })).toMatchObject({ included: false })
    expect(await decide({}, undefined, { kubernetes: true })).toMatchObject({ included: true })
  })
})
