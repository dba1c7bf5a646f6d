import { expect, test } from 'vitest'
import { formatDiagnostic } from '../../core/index.ts'
import { chooseCiFile } from './choose.ts'

test.each([
  [['README.md'], { kind: 'none' }],
  [['.gitlab-ci.yml', 'a/.travis.yml'], { kind: 'file', file: '.gitlab-ci.yml', dialect: 'gitlab' }],
] as const)('of %j', (paths, expected) => {
  expect(chooseCiFile(paths)).toEqual(expected)
})

test.each([
  [
    ['.travis.yml', '.gitlab-ci.yml'],
    ".gitlab-ci.yml:1:1: error: There are CI files of several systems: .gitlab-ci.yml, .travis.yml (write a ballast.yaml that names the one to run, such as 'ci: .gitlab-ci.yml')",
  ],
  [
    ['Jenkinsfile'],
    "Jenkinsfile:1:1: error: Files of Jenkins can't be run by this release (write its jobs into a ballast.yaml or a .gitlab-ci.yml)",
  ],
])('%j is told', (paths, line) => {
  const choice = chooseCiFile(paths)
  expect(choice.kind === 'problem' && choice.diagnostics.map(formatDiagnostic)).toEqual([line])
})
