import { expect, test } from 'vitest'
import { formatDiagnostic } from '../../../../../core/index.ts'
import { compile } from '../test-compile.ts'

const told = async (text: string) => (await compile(text)).diagnostics.map(formatDiagnostic)

// https://docs.gitlab.com/ci/runners/configure_runners/#configure-runner-behavior-with-variables
test.each([
  [
    'a: { script: x, variables: { GIT_STRATEGY: shallow } }',
    "ci.yml:1:17: error: Bad value of GIT_STRATEGY: expected clone, fetch, none, empty, found 'shallow'",
  ],
  [
    'variables: { GIT_SUBMODULE_STRATEGY: all }\na: { script: x }',
    "ci.yml:1:1: error: Bad value of GIT_SUBMODULE_STRATEGY: expected none, normal, recursive, found 'all'",
  ],
])('%s is told', async (text, line) => {
  expect(await told(text)).toEqual([line])
})

test('what is known, and what a variable decides, is not told', async () => {
  const job = (strategy: string) =>
    `a: { script: x, variables: { GIT_STRATEGY: ${strategy}, GIT_SUBMODULE_STRATEGY: recursive } }`
  for (const strategy of ['none', 'clone', '$OTHER']) expect(await told(job(strategy))).toEqual([])
})
