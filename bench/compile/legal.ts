import { type Case, many, times } from './world.ts'

const NUMBERS = (count: number): string => many(count, i => `${i}`, ', ')

const template = `.base:
  image: node:24
  before_script: [npm ci]
  variables: { A: one, B: two, C: three }
  cache: { key: "$CI_COMMIT_REF_SLUG", paths: [node_modules] }
  artifacts: { paths: [dist], expire_in: 1 week }
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
    - if: $CI_COMMIT_TAG =~ /^v/
`

/** Files as large as a person may have them. */
export const LEGAL: readonly Case[] = [
  { kind: 'legal', name: 'one job', make: () => ({ text: 'j: {script: x}' }) },
  {
    kind: 'legal',
    name: 'a matrix of 2,000 jobs (10 × 200)',
    make: () => ({
      text: `${template}${many(
        10,
        i =>
          `job${i}:\n  extends: .base\n  script: [make, "make test-$N"]\n  parallel:\n    matrix: [{N: [${NUMBERS(200)}]}]`,
      )}\n`,
    }),
  },
  {
    kind: 'legal',
    name: '2,000 jobs that extend bases',
    make: () => ({
      text: `${template}${many(
        2000,
        i =>
          `job${i}:\n  extends: .base\n  stage: test\n  variables: {I: "${i}"}\n  script:\n    - make build-${i}\n    - make test-${i}`,
      )}\n`,
    }),
  },
  {
    kind: 'legal',
    name: '2,000 jobs in a graph of 20,000 needs',
    make: () => ({
      text: many(
        2000,
        i => `job${i}:\n  script: [make]\n  needs: [${many(Math.min(i, 10), k => `job${i - k - 1}`, ', ')}]`,
      ),
    }),
  },
  {
    kind: 'legal',
    name: '5,000 jobs',
    make: () => ({
      text: `${template}${many(
        5000,
        i => `job${i}:\n  extends: .base\n  variables: {I: "${i}"}\n  script: [make test-${i}]`,
      )}\n`,
    }),
  },
  {
    kind: 'either',
    name: 'nearly all words that a file may have, and all different',
    make: () => ({
      text: many(4900, i => `job${i}: {stage: test, script: ["a${i}", "b${i}"], variables: {V${i}: "${i}"}}`),
    }),
  },
  {
    kind: 'either',
    name: '460,000 values',
    make: () => ({
      text: `.b: {variables: {${many(220, i => `V${i}: a`, ', ')}}}\n${many(2000, i => `j${i}: {extends: .b, script: x}`)}`,
    }),
  },
  {
    kind: 'either',
    name: 'nearly all words that a file may have',
    make: () => ({ text: many(620, i => `j${i}: {script: [${times(80, 'x')}]}`) }),
  },
]
