import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatDiagnostic } from '../core/index.ts'
import { parseConfig } from './index.ts'

const FOLDER = join(import.meta.dirname, 'fixtures')
const names = readdirSync(FOLDER)
  .filter(file => file.endsWith('.yaml'))
  .map(file => file.slice(0, -'.yaml'.length))

/** A fixture's first line may name the files of its commit: `# files: model.onnx labels.txt`. */
function parseFixture(name: string): object {
  const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')
  const files = /^# files: (.*)$/m.exec(text)?.[1]?.split(' ')
  const facts = { repositoryName: 'team/digits', defaultBranch: 'main', ...(files && { files }) }
  const { diagnostics, repository } = parseConfig(text, facts)
  return JSON.parse(JSON.stringify({ diagnostics: diagnostics.map(formatDiagnostic), repository }))
}

test('there are fixtures, each a pair', () => {
  expect(names.length).toBeGreaterThan(20)
  const pairs = names.flatMap(name => [`${name}.json`, `${name}.yaml`])
  expect(readdirSync(FOLDER).sort()).toEqual(pairs.sort())
})

test.each(names)('%s.yaml', name => {
  const expected: unknown = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
  expect(parseFixture(name)).toEqual(expected)
})
