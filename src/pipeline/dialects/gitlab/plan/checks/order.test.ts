import { expect, test } from 'vitest'
import { formatDiagnostic } from '../../../../../core/index.ts'
import { compile } from '../test-compile.ts'

test('dependencies without needs are passed over', async () => {
  expect(
    (
      await compile('a: { stage: build, script: x }\nb: { needs: [], dependencies: [a], script: x }')
    ).diagnostics.map(formatDiagnostic),
  ).toEqual([
    "ci.yml:2:32: warning: Job 'b' has 'needs: []', and takes no artifacts (name the job in 'needs')",
  ])
})
