import { expect, test } from 'vitest'
import { formatDiagnostic } from '../../../../../core/index.ts'
import { compile } from '../test-compile.ts'

// https://docs.gitlab.com/ci/yaml/#cachekeyfiles
test.each([
  ['$LOCK', 1],
  ['$CI_PROJECT_DIR/a.lock', 1],
  ['a.lock', 0],
  ['costs$.txt', 0],
] as const)('a variable in the name of a key file (%s) is told', async (file, count) => {
  const { diagnostics } = await compile(
    `a: { script: x, cache: { key: { files: ["${file}"] }, paths: [p] } }`,
  )
  const told = diagnostics.map(formatDiagnostic)
  expect(told).toHaveLength(count)
  if (count > 0) expect(told[0]).toContain(`CI/CD variables are not expanded here: '${file}'`)
})
