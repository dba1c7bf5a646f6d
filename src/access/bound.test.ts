import { describe, expect, test } from 'vitest'
import { boundRequest, type DeployRequest } from './bound.ts'
import { defaultPolicy } from './policy.ts'
import type { EnvironmentPolicy } from './types.ts'

const aPolicy = (change: Partial<EnvironmentPolicy> = {}): EnvironmentPolicy => ({
  environment: 'production',
  branches: ['main'],
  gates: [],
  maxFirstStep: 0.25,
  predictions: 'token',
  ...change,
})
const steps = (...weights: readonly number[]) => weights.map(weight => ({ weight, hold: 60_000 }))
const aRequest = (change: Partial<DeployRequest> = {}): DeployRequest => ({
  branch: 'main',
  approve: false,
  steps: steps(0.05, 0.5),
  ...change,
})

test('a request within the policy is granted as it is', () => {
  const granted = { allowed: true, approval: false, strategy: 'canary', steps: steps(0.05, 0.5), reasons: [] }
  expect(boundRequest(aPolicy(), aRequest())).toStrictEqual(granted)
})

test.each([
  { branches: ['main'], branch: 'main', allowed: true },
  { branches: ['main'], branch: 'Main', allowed: false },
  { branches: ['main'], branch: 'main2', allowed: false },
  { branches: ['main', 'release/*'], branch: 'release/1.0', allowed: true },
  { branches: ['*'], branch: 'feature/deep/er', allowed: true },
  { branches: ['release/*'], branch: 'main', allowed: false },
  { branches: [], branch: 'main', allowed: false },
])('branch $branch where $branches may deploy: $allowed', ({ branches, branch, allowed }) => {
  const bounded = boundRequest(aPolicy({ branches }), aRequest({ branch }))
  expect(bounded.allowed).toBe(allowed)
  if (!bounded.allowed) {
    expect(bounded.refusal).toBe(
      `The policy of production does not let branch ${branch} deploy (allowed: ${branches.join(', ') || 'none'})`,
    )
  }
})

test.each([
  { approve: false, approvers: undefined, approval: false, by: undefined },
  { approve: true, approvers: undefined, approval: true, by: 'maintainer' },
  { approve: false, approvers: 'maintainer', approval: true, by: 'maintainer' },
  { approve: true, approvers: 'admin', approval: true, by: 'admin' },
] as const)('approval: asked $approve, policy $approvers', ({ approve, approvers, approval, by }) => {
  const bounded = boundRequest(aPolicy(approvers ? { approvers } : {}), aRequest({ approve }))
  expect(bounded).toMatchObject({ allowed: true, approval, ...(by && { approvers: by }) })
  // Only what the file did not ask for itself needs a reason.
  expect(bounded.allowed && bounded.reasons.length).toBe(approvers && !approve ? 1 : 0)
})

describe('the first step', () => {
  test.each([
    { asked: [0.25, 0.5], given: [0.25, 0.5] },
    { asked: [0.26, 0.5], given: [0.25, 0.5] },
    { asked: [0.5], given: [0.25] },
    { asked: [], given: [] },
  ])('asked $asked, at most 25 %: $given', ({ asked, given }) => {
    const bounded = boundRequest(aPolicy(), aRequest({ steps: steps(...asked) }))
    const changed = asked[0] !== given[0]
    expect(bounded).toMatchObject({ allowed: true, steps: steps(...given) })
    expect(bounded.allowed && bounded.reasons.length).toBe(changed ? 1 : 0)
  })

  const shadow = { weight: 0, hold: 60_000, shadow: 1 }
  test.each([
    { behind: steps(0.05), given: [shadow, ...steps(0.05)], reasons: 0 },
    { behind: steps(0.5, 0.75), given: [shadow, ...steps(0.25, 0.75)], reasons: 1 },
    { behind: [], given: [shadow, { weight: 0.25, hold: 0 }], reasons: 1 },
  ])('a shadow answers nobody: what comes behind it is bounded, $given', ({ behind, given, reasons }) => {
    const bounded = boundRequest(aPolicy(), aRequest({ steps: [shadow, ...behind] }))
    expect(bounded).toMatchObject({ allowed: true, steps: given })
    expect(bounded.allowed && bounded.reasons).toHaveLength(reasons)
  })

  test('the reason has both figures', () => {
    expect(boundRequest(aPolicy(), aRequest({ steps: steps(0.5) }))).toMatchObject({
      reasons: ['The policy of production begins with at most 25 % of the traffic, not with 50 %'],
    })
  })

  test('all traffic at once is a first step of 100 %', () => {
    const immediate = aRequest({ strategy: 'immediate' })
    expect(boundRequest(aPolicy(), immediate)).toMatchObject({
      strategy: 'canary',
      steps: [{ weight: 0.25, hold: 0 }],
      reasons: ['The policy of production begins with 25 % of the traffic, not with all of it'],
    })
    expect(boundRequest(aPolicy({ maxFirstStep: 1 }), immediate)).toMatchObject({
      strategy: 'immediate',
      reasons: [],
    })
  })

  test.each([
    { split: 0.2, given: 0.2 },
    { split: 0.5, given: 0.25 },
  ])("an experiment's split of $split is its first step: $given", ({ split, given }) => {
    const bounded = boundRequest(aPolicy(), aRequest({ strategy: 'ab', steps: steps(split) }))
    expect(bounded).toMatchObject({ allowed: true, strategy: 'ab', steps: steps(given) })
    expect(bounded.allowed && bounded.reasons).toHaveLength(split === given ? 0 : 1)
  })

  test.each(['blue-green', 'recreate'] as const)(
    '%s is all traffic at once, and bounded as such',
    strategy => {
      const asked = aRequest({ strategy, steps: [] })
      expect(boundRequest(aPolicy(), asked)).toMatchObject({
        strategy: 'canary',
        steps: [{ weight: 0.25, hold: 0 }],
      })
      expect(boundRequest(aPolicy({ maxFirstStep: 1 }), asked)).toMatchObject({ strategy, steps: [] })
    },
  )
})

test('by default production deploys from the default branch, a quarter at most at first', () => {
  expect(defaultPolicy('production', 'trunk')).toStrictEqual({
    environment: 'production',
    branches: ['trunk'],
    gates: [],
    maxFirstStep: 0.25,
    predictions: 'token',
  })
})

test('by default other environments take every branch, and its predictions need a token too', () => {
  expect(defaultPolicy('preview', 'main')).toMatchObject({
    branches: ['*'],
    maxFirstStep: 1,
    predictions: 'token',
  })
})
