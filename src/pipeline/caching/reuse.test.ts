import { describe, expect, test } from 'vitest'
import type { Digest } from '../../core/index.ts'
import { commands } from '../plan/work.ts'
import type { PlannedJob } from '../types.ts'
import { mayReuse, type ReuseFacts, reuseSubject } from './reuse.ts'

function aJob(change: Partial<PlannedJob> = {}): PlannedJob {
  return {
    name: 'build',
    work: commands(['make']),
    needs: [],
    env: {},
    artifacts: ['out/'],
    timeout: 1000,
    retries: 0,
    allowFailure: false,
    reuse: true,
    ...change,
  }
}

const file = (path: string, digest: string) => ({
  path,
  digest: digest as Digest,
  size: 1,
  executable: false,
})

function someFacts(change: Partial<ReuseFacts> = {}): ReuseFacts {
  return {
    project: 'prj_1',
    trust: 'protected',
    tree: 'a1',
    inputs: [file('x', 'd1'), file('y', 'd2')],
    env: { MODE: 'fast', CI_JOB_ID: '1', BALLAST_COMMIT: 'c1' },
    files: {},
    given: {},
    platform: 'linux-x64',
    ...change,
  }
}

const subject = reuseSubject(aJob(), someFacts())

describe('a result is another’s', () => {
  test.each([
    ['other commands', aJob({ work: commands(['make', 'all']) }), someFacts()],
    ['other files to keep', aJob({ artifacts: ['dist/'] }), someFacts()],
    ['another image', aJob({ image: { name: 'node:24', pullPolicy: [] } }), someFacts()],
    ['labels of other runners', aJob({ labels: ['gpu'] }), someFacts()],
    ['no network', aJob({ network: false }), someFacts()],
    ['another tree', aJob(), someFacts({ tree: 'a2' })],
    ['another input', aJob(), someFacts({ inputs: [file('x', 'd3'), file('y', 'd2')] })],
    ['an input fewer', aJob(), someFacts({ inputs: [file('x', 'd1')] })],
    ['another variable', aJob(), someFacts({ env: { MODE: 'slow' } })],
    ['another value of the job’s own CI_ variable', aJob({ env: { CI_MODE: 'x' } }), someFacts()],
    ['a CI_ variable that somebody gave', aJob(), someFacts({ given: { CI_MODE: 'x' } })],
    ['another secret file', aJob(), someFacts({ files: { KEY: 'secret' } })],
    ['another machine', aJob(), someFacts({ platform: 'linux-arm64' })],
    ['another project', aJob(), someFacts({ project: 'prj_2' })],
    ['a branch that is not protected', aJob(), someFacts({ trust: 'unprotected' })],
  ])('with %s', (_what, job, facts) => {
    expect(reuseSubject(job, facts)).not.toBe(subject)
  })
})

describe('a result is the same', () => {
  test.each([
    ['in another run', aJob(), someFacts({ env: { MODE: 'fast', CI_JOB_ID: '2', BALLAST_COMMIT: 'c2' } })],
    ['with variables in another order', aJob(), someFacts({ env: { BALLAST_COMMIT: 'c1', MODE: 'fast' } })],
    ['with inputs in another order', aJob(), someFacts({ inputs: [file('y', 'd2'), file('x', 'd1')] })],
    ['with another name', aJob({ name: 'build again' }), someFacts()],
    ['with other limits', aJob({ timeout: 5, retries: 2, allowFailure: true }), someFacts()],
    ['with another cache', aJob({ caches: [] }), someFacts()],
  ])('%s', (_what, job, facts) => {
    expect(reuseSubject(job, facts)).toBe(subject)
  })
})

test.each([
  [{}, true],
  [{ reuse: false }, false],
  [{ work: { kind: 'stage', stage: 'scan' } }, false],
  [{ environment: { name: 'production', action: 'start' } }, false],
  [{ release: { tag: 'v1', description: '', milestones: [], links: [] } }, false],
  [{ idTokens: [{ variable: 'TOKEN', audience: ['x'] }] }, false],
  [{ idTokens: [] }, true],
  [{ resourceGroup: { name: 'board' } }, false],
] as const)('a job with %j may be reused: %s', (change, may) => {
  expect(mayReuse(aJob(change as Partial<PlannedJob>))).toBe(may)
})
