import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { git, zeroSeparated } from './git.ts'
import { filesBelow } from './plain.ts'

/** A working tree as git sees it, or a plain folder. */
export interface WorkingTree {
  /** Absolute, links resolved. */
  readonly root: string
  /** Tracked files and untracked ones that are not ignored, sorted; deleted ones are among them until looked at. */
  readonly files: readonly string[]
  readonly git?: GitState
}

export interface GitState {
  /** The root is git's top level: not a folder within it. */
  readonly whole: boolean
  /** Where refs and objects are: of a linked worktree not the same as `gitDir`. */
  readonly commonDir: string
  readonly gitDir: string
  /** Undefined before the first commit. */
  readonly head?: Head
  /** Undefined: detached. */
  readonly branch?: string
  readonly defaultBranch: string
  readonly user?: { readonly name: string; readonly email: string }
  /** `remote.origin.url`. */
  readonly origin?: string
}

export interface Head {
  readonly commit: string
  readonly parents: readonly string[]
  readonly author: string
  readonly timestamp: string
  readonly message: string
}

const LOG_FORMAT = '%H%x00%P%x00%an <%ae>%x00%cI%x00%B'
const REFS = ['refs/remotes/origin/HEAD', 'refs/heads/main', 'refs/heads/master']

/**
 * Looks at the working tree that `folder` is in. Its root is `folder` where one of `marks` lies in it (a project
 * within a larger repository), else git's top level, else `folder`.
 */
export async function readWorkingTree(folder: string, marks: readonly string[]): Promise<WorkingTree> {
  const given = await realpath(resolve(folder))
  const marked = marks.some(mark => existsSync(join(given, mark)))
  const top = marked ? undefined : (await git(given, 'rev-parse', '--show-toplevel'))?.trim()
  return readRoot(top || given)
}

/** `folder` as a tree of its own, whatever it lies in. */
export async function readFolder(folder: string): Promise<WorkingTree> {
  return readRoot(await realpath(resolve(folder)))
}

async function readRoot(here: string): Promise<WorkingTree> {
  const ask = (...words: readonly string[]) => git(here, ...words)
  const [places, log, symbolic, refs, config, files] = await Promise.all([
    ask('rev-parse', '--absolute-git-dir', '--git-common-dir', '--show-prefix'),
    ask('log', '-1', `--format=${LOG_FORMAT}`, 'HEAD'),
    ask('symbolic-ref', '--quiet', 'HEAD'),
    ask('for-each-ref', '--format=%(refname) %(symref)', ...REFS),
    ask('config', '--get-regexp', '^(user[.](name|email)|remote[.]origin[.]url|init[.]defaultbranch)$'),
    ask('ls-files', '-z', '--cached', '--others', '--exclude-standard'),
  ])
  const [gitDir, commonDir, prefix] = (places ?? '').split('\n')
  if (!gitDir || !commonDir) return { root: here, files: await filesBelow(here) }
  const branch = symbolic?.trim().replace(/^refs\/heads\//, '')
  const head = log === undefined ? undefined : headOf(log)
  const settings = settingsOf(config)
  const name = settings.get('user.name')
  const origin = settings.get('remote.origin.url')
  return {
    root: here,
    files: [...new Set(zeroSeparated(files))].sort(),
    git: {
      whole: prefix === '',
      gitDir,
      commonDir: resolve(here, commonDir),
      defaultBranch: defaultBranchOf(refs) ?? branch ?? settings.get('init.defaultbranch') ?? 'main',
      ...(head && { head }),
      ...(branch && { branch }),
      ...(name && { user: { name, email: settings.get('user.email') ?? '' } }),
      ...(origin && { origin }),
    },
  }
}

function headOf(log: string): Head | undefined {
  const [commit, parents, author, timestamp, message] = log.split('\0')
  if (!commit || author === undefined || timestamp === undefined) return undefined
  const known = { commit, author, timestamp, message: (message ?? '').trimEnd() }
  return { ...known, parents: (parents ?? '').split(' ').filter(Boolean) }
}

/** What the remote calls its default, else `main` or `master` where there is one of them. */
function defaultBranchOf(refs: string | undefined): string | undefined {
  const lines = (refs ?? '').split('\n').filter(Boolean)
  const found = new Map(lines.map(line => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']))
  const ofRemote = found.get('refs/remotes/origin/HEAD')
  if (ofRemote) return ofRemote.replace(/^refs\/remotes\/origin\//, '')
  if (found.has('refs/heads/main')) return 'main'
  return found.has('refs/heads/master') ? 'master' : undefined
}

function settingsOf(config: string | undefined): ReadonlyMap<string, string> {
  return new Map(
    (config ?? '')
      .split('\n')
      .filter(Boolean)
      .map(line => {
        const space = line.indexOf(' ')
        return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
      }),
  )
}
