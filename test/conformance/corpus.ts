import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** CI files of public projects, beside this repository: `BALLAST_CONFORMANCE` says where else. */
const CORPUS: string =
  process.env['BALLAST_CONFORMANCE'] ?? resolve(import.meta.dirname, '../../../shared/conformance')

export const GITLAB: string = join(CORPUS, 'gitlab')
export const hasCorpus: boolean = existsSync(GITLAB)

/** Where the corpus is not, its tests are skipped, and say so by this name. */
export const CORPUS_TITLE: string = hasCorpus
  ? 'GitLab CI files of public projects'
  : `skipped: there is no ${GITLAB} (BALLAST_CONFORMANCE names another folder)`

/** Paths of YAML files, sorted. */
export function corpusFiles(): readonly string[] {
  return readdirSync(GITLAB, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.ya?ml$/.test(path))
    .sort()
}

/** The repository's own, which are there wherever its tests are. */
export const FIXTURES: string = resolve(import.meta.dirname, '../fixtures/gitlab-ci')

/** A folder as a repository with one commit. The caller removes it. */
export function checkOut(folder: string, branch = 'main'): string {
  const root = mkdtempSync(join(tmpdir(), 'ballast-conformance-'))
  cpSync(folder, root, { recursive: true })
  const git = (...words: readonly string[]): void => {
    execFileSync('git', ['-C', root, ...words], { stdio: 'pipe' })
  }
  git('init', '--quiet', '--initial-branch=main')
  appendFileSync(join(root, '.git/config'), '[user]\nname = ada\nemail = ada@example.com\n')
  git('add', '--all')
  git('commit', '--quiet', '--no-gpg-sign', '--message', 'All of it')
  if (branch !== 'main') git('switch', '--quiet', '--create', branch)
  return root
}
