import { type Case, type JobOutcome, says } from '../types.ts'

/** Of this repository's own cases: what is kept and handed on. */
export const KEEPING: readonly Case[] = [
  {
    folder: 'artifacts-when',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'ok: [well]': {},
        'ok: [badly]': { state: 'failed', forgiven: true },
        'bad: [well]': {},
        'bad: [badly]': { state: 'failed', forgiven: true },
        'any: [well]': {},
        'any: [badly]': { state: 'failed', forgiven: true },
        look: says('any---badly', 'any---well', 'bad---badly', 'ok---well'),
      },
      kept: ['any---badly', 'any---well', 'bad---badly', 'ok---well'].map(name => `kept/${name}`),
    },
  },
  {
    folder: 'artifacts-patterns',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { make: {}, untracked: {}, see: {} },
      kept: ['docs/x.md', 'fresh.log', 'out/a/b/.dot.txt', 'out/a/two.txt', 'out/one.txt', 'top.txt'],
    },
  },
  {
    folder: 'dotenv',
    doc: 'ci/variables#cicd-variable-precedence: dotenv outranks jobs; ci/yaml/artifacts_reports#artifactsreportsdotenv',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        version: {},
        failing: { state: 'failed', forgiven: true },
        plain: says('VERSION=1.2 TITLE=a b  c EXTRA=version LEFT=behind', 'v1.2 is a b  c'),
        needing: { log: ['VERSION=1.2 LEFT='], after: ['version'] },
        without: { log: ['VERSION='], after: ['version'] },
        free: says('VERSION='),
      },
      kept: [],
    },
  },
  {
    folder: 'caches',
    doc: 'ci/yaml#cachepolicy: must be used with cache: paths, or nothing is cached',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { fill: {}, read: { after: ['fill'] }, 'no-paths': {}, 'other-key': {} },
    },
  },
  {
    folder: 'cache-when',
    doc: 'ci/yaml#cachewhen',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        ...filled('success'),
        ...filled('failure'),
        ...filled('always'),
        'look: [success-well]': says('success-well is there'),
        'look: [success-badly]': says('success-badly is not there'),
        'look: [failure-well]': says('failure-well is not there'),
        'look: [failure-badly]': says('failure-badly is there'),
        'look: [always-well]': says('always-well is there'),
        'look: [always-badly]': says('always-badly is there'),
      },
    },
  },
  {
    folder: 'dependencies',
    doc: 'ci/jobs/job_control#fetch-artifacts-from-a-parallelmatrix-job: by the name with the values',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'make: [linux]': {},
        'make: [mac]': {},
        one: { log: ['linux.txt'], silent: ['mac'] },
        both: says('linux.txt', 'mac.txt'),
        needing: { log: ['mac.txt'], silent: ['linux'], after: ['make: [mac]'] },
        nothing: { log: ['none'], after: [] },
        later: { log: ['mac.txt'], silent: ['linux'], after: ['make: [mac]', 'one'] },
      },
    },
  },
]

function filled(when: string): Record<string, JobOutcome> {
  return {
    [`fill-${when}: [well]`]: {},
    [`fill-${when}: [badly]`]: { state: 'failed', forgiven: true },
  }
}
