import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SelectionRules, select } from './select.ts'

let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ballast-select-'))
  for (const path of ['src/a.ts', 'dist/a.js', 'dist/sub/b.js', 'dist/.hidden', 'notes.txt', '.git/config']) {
    await mkdir(join(workspace, dirname(path)), { recursive: true })
    await writeFile(join(workspace, path), path)
  }
  await symlink('/etc', join(workspace, 'dist/etc'))
  await symlink('dist', join(workspace, 'linked'))
})
afterEach(() => rm(workspace, { recursive: true, force: true }))

const selected = (rules: Partial<SelectionRules>) => select(workspace, { paths: [], exclude: [], ...rules })
async function paths(rules: Partial<SelectionRules>): Promise<string[]> {
  const { entries } = await selected(rules)
  return entries.filter(({ kind }) => kind !== 'folder').map(({ path }) => path)
}

const DIST = ['dist/.hidden', 'dist/a.js', 'dist/etc', 'dist/sub/b.js']

describe('paths', () => {
  test.each([
    { rules: { paths: ['dist/'] }, found: DIST },
    { rules: { paths: ['dist/*'] }, found: DIST },
    { rules: { paths: ['dist/*.js'] }, found: ['dist/a.js'] },
    { rules: { paths: ['**/*.js', 'notes.txt'] }, found: ['dist/a.js', 'dist/sub/b.js', 'notes.txt'] },
    { rules: { paths: ['d*/sub'] }, found: ['dist/sub/b.js'] },
    // Not recursive, as GitLab's documentation of artifacts:exclude has it.
    { rules: { paths: ['dist/'], exclude: ['dist/sub/'] }, found: DIST },
    { rules: { paths: ['dist/'], exclude: ['dist/sub/**/*'] }, found: DIST.slice(0, 3) },
    { rules: { paths: ['dist/'], exclude: ['**/*.js'] }, found: ['dist/.hidden', 'dist/etc'] },
    { rules: { paths: ['$CI_PROJECT_DIR/dist/a.js'] }, found: ['dist/a.js'] },
    { rules: { paths: ['/builds/p/dist/a.js'], seenAt: '/builds/p' }, found: ['dist/a.js'] },
    { rules: { paths: ['src/../dist/a.js'] }, found: ['dist/a.js'] },
    { rules: { paths: ['linked'] }, found: ['linked'] },
    { rules: { paths: ['linked/a.js'] }, found: [] },
    { rules: { paths: ['.git/**', '**/config'] }, found: [] },
  ])('$rules', async ({ rules, found }) => {
    expect(await paths(rules)).toEqual(found)
  })

  test('untracked files are those that the commit does not hold', async () => {
    const untrackedBut = new Set(['src/a.ts', 'linked'])
    expect(await paths({ untrackedBut })).toEqual([...DIST, 'notes.txt'])
    expect(await paths({ untrackedBut, exclude: ['dist/**/*'] })).toEqual(['notes.txt'])
  })

  test.each([['/etc/passwd'], ['../other'], ['dist/../../x'], ['a\0b'], [''], ['x'.repeat(301)]])(
    '%j leads out or is none, and is told',
    async path => {
      const { refused, entries } = await selected({ paths: [path, 'notes.txt'] })
      expect(refused).toEqual([path])
      expect(entries.map(entry => entry.path)).toEqual(['notes.txt'])
    },
  )

  test('that match nothing are told; one inside another does match', async () => {
    const { unmatched } = await selected({ paths: ['dist/', 'dist/sub/*.js', 'missing/', '*.png'] })
    expect(unmatched).toEqual(['missing/', '*.png'])
  })

  test('pipes are passed over, and nothing waits for them', async () => {
    execFileSync('mkfifo', [join(workspace, 'dist/pipe')])
    const { entries, passedOver } = await selected({ paths: ['dist'] })
    expect(entries.map(({ path }) => path)).not.toContain('dist/pipe')
    expect(passedOver).toBe(1)
  })
})
