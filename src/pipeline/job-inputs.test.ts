import { describe, expect, test } from 'vitest'
import { referencedInputs, whyNotTaken, withJobInputs } from './job-inputs.ts'
import { commands } from './plan/work.ts'
import { aJob } from './test-plans.ts'
import type { InputValue, JobInput } from './types.ts'

const input = (name: string) => `$\{{ job.inputs.${name} }}`
const jobInputs: Readonly<Record<string, JobInput>> = {
  target: { type: 'string', default: 'staging', options: ['staging', 'production'] },
  'how-many': { type: 'number', default: 3 },
  dry: { type: 'boolean', default: true },
  hosts: { type: 'array', default: ['a', 'b'] },
  tag: { type: 'string', default: 'v1', regex: '^v\\d+$' },
}
const steps = [
  `deploy ${input('target')} $\{{job.inputs.how-many}} ${input('dry')}`,
  `echo '${input('hosts')}' ${input('none')} $\{{ github.actor }} $TARGET`,
]
const job = aJob('a', [], {
  jobInputs,
  work: commands(steps),
  artifacts: [`out/${input('target')}/**`],
  caches: [
    {
      key: { kind: 'text', text: `k-${input('tag')}` },
      fallbackKeys: [],
      paths: [input('target')],
      untracked: false,
      policy: 'pull',
      when: 'always',
      unprotect: false,
    },
  ],
  image: { name: `node:${input('how-many')}`, pullPolicy: [] },
})

const stepsOf = (given?: Readonly<Record<string, InputValue>>) => {
  const { work } = withJobInputs(job, given)
  return work.kind === 'script' ? work.phases.flatMap(phase => phase.steps) : []
}

describe('a job', () => {
  test('runs with the defaults of its inputs; what is no input of it stays', () => {
    expect(stepsOf()).toEqual([
      'deploy staging 3 true',
      `echo '["a","b"]' ${input('none')} $\{{ github.actor }} $TARGET`,
    ])
    expect(withJobInputs(job)).toMatchObject({
      artifacts: ['out/staging/**'],
      caches: [{ key: { text: 'k-v1' }, paths: ['staging'] }],
      image: { name: 'node:3' },
    })
  })

  test('and with what it is given; that is put there once', () => {
    expect(stepsOf({ target: input('dry'), 'how-many': 0, dry: false })[0]).toBe(
      `deploy ${input('dry')} 0 false`,
    )
  })

  test('without inputs is as it was', () => {
    const plain = aJob('b', [], { work: commands(steps) })
    expect(withJobInputs(plain, {})).toBe(plain)
  })

  test('refers to them by name', () => {
    expect(referencedInputs(steps)).toEqual(['target', 'how-many', 'dry', 'hosts', 'none'])
  })
})

test.each<[string, Readonly<Record<string, InputValue>>, string | undefined]>([
  ['what fits', { target: 'production', 'how-many': 1, dry: false, hosts: ['x'], tag: 'v2' }, undefined],
  ['nothing', {}, undefined],
  ['another name', { nobody: 1 }, "it has no input 'nobody'"],
  ['a name that every object has', { constructor: 'x' }, "it has no input 'constructor'"],
  ['what is no option', { target: 'moon' }, "its input 'target' takes one of staging, production"],
  ['what does not match', { tag: 'latest' }, "its input 'tag' takes what matches ^v\\d+$"],
  ['another type', { 'how-many': 'many' }, "its input 'how-many' takes a number"],
  ['a text for a list', { hosts: 'x' }, "its input 'hosts' takes an array"],
  ['a number for a text', { tag: 7 }, "its input 'tag' takes what matches ^v\\d+$"],
])('given %s', (_, given, why) => {
  expect(whyNotTaken(jobInputs, given)).toBe(why)
})
