import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { git } from '../../tree/git.ts'
import type { GitState } from '../../tree/repository.ts'
import type { HeldPart } from './held.ts'

const MODE = 0o644

/**
 * What makes a workspace a repository: everything of `.git` but the objects, which are borrowed from the user's
 * own (`objects/info/alternates`). So a job may look at the history and commit, and nobody sees it.
 */
export async function historyParts(state: GitState, root: string): Promise<readonly HeldPart[]> {
  if (!state.head) return []
  const refs = await git(root, 'for-each-ref', '--format=%(objectname) %(refname)')
  const file = (path: string, content: string | Buffer | undefined): HeldPart[] =>
    content === undefined
      ? []
      : [{ kind: 'file', path: `.git/${path}`, mode: MODE, content: Buffer.from(content) }]
  const folders = ['.git', '.git/objects', '.git/objects/info', '.git/refs']
  return [
    ...folders.map((path): HeldPart => ({ kind: 'folder', path })),
    ...file('HEAD', `${state.head.commit}\n`),
    ...file('config', configOf(state.origin)),
    ...file('packed-refs', refs ?? ''),
    ...file('objects/info/alternates', `${join(state.commonDir, 'objects')}\n`),
    ...file('index', readIfThere(join(state.gitDir, 'index'))),
    ...file('shallow', readIfThere(join(state.commonDir, 'shallow'))),
  ]
}

function configOf(origin: string | undefined): string {
  const core = '[core]\n\trepositoryformatversion = 0\n\tbare = false\n'
  if (origin === undefined) return core
  const url = JSON.stringify(withoutPassword(origin))
  return `${core}[remote "origin"]\n\turl = ${url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`
}

function withoutPassword(origin: string): string {
  const address = URL.parse(origin)
  if (!address || (address.password === '' && address.username === '')) return origin
  address.password = ''
  if (address.protocol.startsWith('http')) address.username = ''
  return address.href
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
