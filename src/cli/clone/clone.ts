import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { BallastError, type CommitId } from '../../core/index.ts'
import { type PointerFile, pointerFiles } from '../../git/index.ts'
import { basic, type Remote } from './address.ts'
import type { LfsServer } from './batch.ts'
import { fetchObjects, LfsFolder, type Wanted } from './fetch.ts'
import { git } from './git.ts'
import { layFiles } from './lay.ts'
import { TransferProgress } from './progress.ts'

interface CloneOptions {
  readonly branch?: string | undefined
  readonly depth?: string | undefined
  /** Progress on standard error. */
  readonly shown: boolean
}

export interface Cloned {
  readonly directory: string
  readonly commit: string | null
  readonly lfs: {
    readonly files: number
    readonly bytes: number
    /** What had to come over the line. */
    readonly fetchedBytes: number
    /** Whether git-lfs is on this machine, which a change of these files needs. */
    readonly client: boolean
  }
}

/** Git's own filters stay out: what Git LFS keeps is fetched here, with progress and in parallel. */
const NO_FILTER = [
  ['filter.lfs.smudge', ''],
  ['filter.lfs.process', ''],
  ['filter.lfs.required', 'false'],
] as const

/**
 * Clones a repository with its files of Git LFS, with or without git-lfs on this machine. Where `directory` is a clone
 * of the same address already, it goes on with what is missing. Throws CLONE_FAILED, and what `fetchObjects` throws.
 */
export async function clone(remote: Remote, directory: string, options: CloneOptions): Promise<Cloned> {
  const root = resolve(directory)
  const config = [...NO_FILTER, ...credentialsFor(remote)]
  if (!(await isCloneOf(root, remote))) await cloneGit(remote, root, config, options)
  const head = await git(['rev-parse', '--verify', '--quiet', 'HEAD'], { folder: root })
  const commit = head.exitCode === 0 ? head.stdout.trim() : null
  const gitFolder = (await git(['rev-parse', '--absolute-git-dir'], { folder: root })).stdout.trim()
  const files = commit === null ? [] : await pointerFiles(gitFolder, commit as CommitId)
  const client = (await git(['lfs', 'version'])).exitCode === 0
  const fetchedBytes = files.length === 0 ? 0 : await complete(remote, { root, gitFolder, files }, options)
  if (files.length > 0 && client) await install(root)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  return { directory: root, commit, lfs: { files: files.length, bytes, fetchedBytes, client } }
}

/** The hooks of git-lfs, so that a push sends files too; its filters, where nobody has set them for this user. */
async function install(root: string): Promise<void> {
  const { exitCode } = await git(['config', '--get', 'filter.lfs.clean'], { folder: root })
  await git(exitCode === 0 ? ['lfs', 'update'] : ['lfs', 'install', '--local'], { folder: root })
}

interface Checkout {
  readonly root: string
  readonly gitFolder: string
  readonly files: readonly PointerFile[]
}

async function complete(
  remote: Remote,
  { root, gitFolder, files }: Checkout,
  { shown }: CloneOptions,
): Promise<number> {
  const server = await serverOf(remote, root)
  const objects = [...new Map<string, Wanted>(files.map(file => [file.digest, file])).values()]
  const progress = new TransferProgress(
    shown,
    objects.reduce((sum, { size }) => sum + size, 0),
  )
  const folder = new LfsFolder(gitFolder)
  await folder.prepare()
  try {
    const fetched = await fetchObjects(folder, server, objects, (count, path) => progress.add(count, path))
    await layFiles(root, folder, files)
    return fetched
  } finally {
    progress.clear()
  }
}

async function cloneGit(
  { url }: Remote,
  root: string,
  config: readonly (readonly [string, string])[],
  { branch, depth, shown }: CloneOptions,
): Promise<void> {
  const args = [
    'clone',
    ...(shown ? ['--progress'] : ['--quiet']),
    ...(branch === undefined ? [] : [`--branch=${branch}`]),
    ...(depth === undefined ? [] : [`--depth=${depth}`]),
    '--',
    url,
    root,
  ]
  const { exitCode } = await git(args, { config, shown: true })
  if (exitCode === 0) return
  throw new BallastError('CLONE_FAILED', {
    message: `git could not clone ${withoutPassword(url)} (status ${exitCode})`,
    hint: 'Its own words are above. `ballast login` remembers a token for later commands.',
  })
}

/** Whether an earlier clone of this address is there, whose files may be missing. */
async function isCloneOf(root: string, { url }: Remote): Promise<boolean> {
  if (!existsSync(resolve(root, '.git'))) return false
  const { stdout } = await git(['config', '--get', 'remote.origin.url'], { folder: root })
  if (withoutPassword(stdout.trim()) === withoutPassword(url)) return true
  throw new BallastError('FILE_EXISTS', {
    message: `${root} is a clone of something else`,
    hint: 'Name another folder.',
  })
}

/** Only to this origin, and in no file. */
function credentialsFor({ lfsUrl, authorization }: Remote): readonly (readonly [string, string])[] {
  if (!lfsUrl || !authorization) return []
  return [[`http.${lfsUrl.origin}/.extraHeader`, `Authorization: ${authorization}`]]
}

/**
 * The LFS server of the repository, or the one that its `.lfsconfig` names: of the same origin alone, for what a
 * repository says must not send anybody's credentials elsewhere.
 */
async function serverOf(remote: Remote, root: string): Promise<LfsServer> {
  const named = await git(['config', '--blob', 'HEAD:.lfsconfig', '--get', 'lfs.url'], { folder: root })
  const other = named.exitCode === 0 ? URL.parse(named.stdout.trim()) : undefined
  const url = other ?? remote.lfsUrl
  const isElsewhere = other && other.origin !== remote.lfsUrl?.origin
  if (!url || isElsewhere || !/^https?:$/.test(url.protocol)) {
    throw new BallastError('LFS_SERVER_FAILED', {
      message: isElsewhere
        ? `The repository keeps its large files at ${other.origin}, another server than its own`
        : 'Files of Git LFS come over HTTP alone here, and this is another kind of address',
      hint: 'If you trust it, run `git lfs pull` in the clone.',
    })
  }
  url.pathname = url.pathname.replace(/\/+$/, '')
  return { url, authorization: remote.authorization, credentials: () => gitCredentials(url) }
}

/** As git itself asks: its helpers, then the terminal. */
async function gitCredentials({ protocol, host, pathname }: URL): Promise<string | undefined> {
  const input = `protocol=${protocol.slice(0, -1)}\nhost=${host}\npath=${pathname.slice(1)}\n\n`
  const { exitCode, stdout } = await git(['credential', 'fill'], { input, shown: true })
  const [, username] = /^username=(.*)$/m.exec(stdout) ?? []
  const [, password] = /^password=(.*)$/m.exec(stdout) ?? []
  return exitCode === 0 && password !== undefined ? basic(`${username ?? ''}:${password}`) : undefined
}

export function withoutPassword(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) return text
  url.username = ''
  url.password = ''
  return url.href
}
