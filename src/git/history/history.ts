import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { CommitId } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { Turnstile } from '../http/turnstile.ts'
import { runGit } from '../process/run.ts'
import { archive } from '../read/archive.ts'
import { checkCommitId, checkRefName } from '../read/names.ts'
import { tarEntries } from './tar.ts'

/** A pack of all of a repository with models is copied at disk speed. */
const MAX_FETCH_MS = 10 * 60_000
/** Made at once; each is a pack on disk and a core. More wait, and beyond that are told to come again. */
const [AT_ONCE, MAX_WAITING] = [2, 200]
/** None takes this long to be sent, so what is older was left by a crash. */
const OLD_MS = 24 * 3_600_000
const PREFIX = 'history-'

const turnstile = new Turnstile(AT_ONCE, MAX_WAITING)

export interface HistoryRequest {
  readonly commit: CommitId
  /** Commits back from it; 0: all. */
  readonly depth: number
  /** The branch that it was made for (`main`): known as `origin/main` in the copy. */
  readonly branch?: string
  /** What `origin` is; without credentials. */
  readonly remoteUrl: string
  /** Where copies are made; on the disk of the repositories. */
  readonly folder: string
}

/**
 * A commit's files with a repository beside them in `.git`, as a tar stream: HEAD is detached at the commit, the
 * index is that of the commit, and of history there is what can be reached from it, `depth` deep, with the tags
 * in it. Nothing else of the repository is in it: no other branch, no object of one, no credential, no hook.
 */
export function archiveWithHistory(directory: string, request: HistoryRequest): Readable {
  return Readable.from(archiveOf(directory, request), { objectMode: false })
}

async function* archiveOf(directory: string, request: HistoryRequest): AsyncGenerator<Buffer> {
  const commit = checkCommitId(request.commit)
  const leave = await turnstile.enter()
  if (!leave) throw busy()
  let copy: string | undefined
  try {
    await mkdir(request.folder, { recursive: true, mode: 0o700 })
    await removeLeftovers(request.folder)
    copy = await mkdtemp(join(request.folder, PREFIX))
    await makeCopy(copy, directory, { ...request, commit })
    yield* tarEntries(copy, '.git', isKept)
    // Its closing blocks close the whole.
    for await (const chunk of archive(directory, commit)) yield chunk as Buffer
  } finally {
    leave()
    if (copy !== undefined) await rm(copy, { recursive: true, force: true })
  }
}

/** A repository with nothing but the commit's own history. */
async function makeCopy(copy: string, source: string, request: HistoryRequest): Promise<void> {
  const { commit, depth, branch } = request
  for (const folder of ['objects/pack', 'refs/heads', 'refs/tags'])
    await mkdir(join(copy, folder), { recursive: true })
  await writeFile(join(copy, 'config'), configOf(request))
  await writeFile(join(copy, 'HEAD'), `${commit}\n`)
  // Tags that lead to a fetched commit come with it: git's own rule.
  const name = `refs/ballast-commits/${commit}`
  await runGit(
    [
      'fetch',
      '--quiet',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      `--upload-pack=${UPLOAD_PACK}`,
      ...(depth > 0 ? [`--depth=${depth}`] : []),
      '--end-of-options',
      source,
      `${commit}:${name}`,
    ],
    { directory: copy, maxBytes: 1 << 20, maxMs: MAX_FETCH_MS, config: [['transfer.fsckObjects', 'false']] },
  )
  const refs = branch === undefined ? [] : [`create refs/remotes/origin/${checkRefName(branch)} ${commit}\n`]
  await runGit(['update-ref', '--stdin'], {
    directory: copy,
    maxBytes: 4096,
    input: [...refs, `delete ${name}\n`].join(''),
  })
  await runGit(['read-tree', commit], { directory: copy, maxBytes: 4096 })
}

/** Any commit may be asked for here, whether a branch leads to it or not; Ballast's own refs are not shown. */
const UPLOAD_PACK =
  'git -c safe.directory=* -c uploadpack.allowAnySHA1InWant=true -c transfer.hideRefs=refs/ballast upload-pack'

function configOf({ remoteUrl }: HistoryRequest): string {
  return `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
[remote "origin"]
\turl = "${remoteUrl.replaceAll(/["\\]/g, '\\$&').replaceAll(/[\n\0]/g, '')}"
\tfetch = +refs/heads/*:refs/remotes/origin/*
[advice]
\tdetachedHead = false
`
}

function isKept(path: string): boolean {
  return !path.endsWith('.lock') && !path.startsWith('logs/') && !path.startsWith('refs/ballast-commits')
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PREFIX)) continue
    const made = await stat(join(folder, name)).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - made > OLD_MS) await rm(join(folder, name), { recursive: true, force: true })
  }
}

function busy(): GitError {
  return new GitError('GIT_TIMED_OUT', {
    message: `${MAX_WAITING} copies of repositories wait to be made already`,
    hint: 'The runner asks again by itself; the disk of the server is slow, or very many jobs begin at once.',
  })
}
