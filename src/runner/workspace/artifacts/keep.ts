import { posix } from 'node:path'
import type { ArtifactRulesWire } from '../../../api/index.ts'
import { formatSize } from '../../../core/index.ts'
import { RunnerError } from '../../errors.ts'
import { type FoundFile, findArtifacts, MAX_ARTIFACT_BYTES, MAX_ARTIFACT_FILES } from './artifacts.ts'
import { type FoundEntry, type Selection, select } from './select.ts'

export interface KeepRequest {
  readonly workspace: string
  readonly paths: readonly string[]
  /** Absent: kept on success, every path must name something. */
  readonly rules?: ArtifactRulesWire
  readonly outcome: 'succeeded' | 'failed'
  /** Paths of the commit's files: for rules that keep untracked ones. */
  readonly tracked?: ReadonlySet<string>
  /** Where the job saw its workspace. */
  readonly seenAt?: string
}

export type FoundReport = ArtifactRulesWire['reports'][number]['kind']

/** `reportOnly`: nobody asked for it but a report. `folder`: it is one, with nothing kept below it. */
export type FoundToKeep = FoundFile & { readonly reportOnly?: boolean; readonly folder?: boolean }

export interface Kept {
  /** Sorted by path. */
  readonly files: readonly FoundToKeep[]
  readonly reports: readonly { readonly kind: FoundReport; readonly path: string }[]
  /** For the job's log. */
  readonly notes: readonly string[]
}

/**
 * The files that a job keeps, by its rules. Reports are kept whatever the outcome, the rest `when` it is said.
 * Links are neither kept nor followed. Throws ARTIFACT_MISSING where a path of a job that ended well names
 * nothing and may not, and ARTIFACTS_TOO_LARGE.
 */
export async function findKept(request: KeepRequest): Promise<Kept> {
  const { workspace, paths, rules, outcome } = request
  if (!rules) {
    const due = outcome === 'succeeded' && paths.length > 0
    return { files: due ? await findArtifacts(workspace, paths) : [], reports: [], notes: [] }
  }
  const notes: string[] = []
  const files = new Map<string, FoundToKeep>()
  if (isDue(rules.when, outcome)) {
    const selection = await artifactsOf(request, rules)
    notes.push(...notesOn('artifacts', selection))
    if (selection.unmatched.length > 0 && !rules.mayMiss && outcome === 'succeeded')
      throw missing(selection.unmatched)
    for (const file of [...filesIn(selection.entries), ...emptyFoldersIn(selection.entries)])
      files.set(file.path, file)
  }
  const reports: Kept['reports'][number][] = []
  for (const { kind, paths } of rules.reports) {
    const selection = await select(workspace, { paths, exclude: [], ...seenAt(request) })
    notes.push(...notesOn(`${kind} report`, selection))
    for (const file of filesIn(selection.entries)) {
      reports.push({ kind, path: file.path })
      if (!files.has(file.path)) files.set(file.path, { ...file, reportOnly: true })
    }
  }
  checkSize(files)
  return { files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), reports, notes }
}

/** Whether something that is kept `when` is kept after this outcome. */
export function isDue(when: ArtifactRulesWire['when'], outcome: KeepRequest['outcome']): boolean {
  return when === 'always' || (when === 'on_success') === (outcome === 'succeeded')
}

function artifactsOf(request: KeepRequest, rules: ArtifactRulesWire): Promise<Selection> {
  return select(request.workspace, {
    paths: request.paths,
    exclude: rules.exclude,
    ...(rules.untracked && request.tracked && { untrackedBut: request.tracked }),
    ...seenAt(request),
  })
}

function seenAt(request: KeepRequest): { readonly seenAt?: string } {
  return request.seenAt === undefined ? {} : { seenAt: request.seenAt }
}

function filesIn(entries: readonly FoundEntry[]): FoundFile[] {
  return entries
    .filter(entry => entry.kind === 'file')
    .map(({ path, size, mode }) => ({ path, size, executable: (mode & 0o100) !== 0 }))
}

/** Folders that would be missing if files alone were laid out. */
function emptyFoldersIn(entries: readonly FoundEntry[]): FoundToKeep[] {
  const made = new Set<string>()
  for (const { path, kind } of entries) {
    if (kind === 'link') continue
    for (let above = posix.dirname(path); above !== '.' && !made.has(above); above = posix.dirname(above))
      made.add(above)
  }
  return entries
    .filter(({ kind, path }) => kind === 'folder' && !made.has(path))
    .map(({ path }) => ({ path, size: 0, executable: false, folder: true }))
}

function notesOn(what: string, { refused, unmatched, passedOver, entries, incomplete }: Selection): string[] {
  const links = entries.filter(({ kind }) => kind === 'link').length
  const notes = [
    ...refused.map(path => `'${path}' leads out of the workspace, or is no pattern`),
    ...unmatched.map(path => `'${path}' matches nothing`),
  ]
  if (links > 0) notes.push(`${links} symbolic ${links === 1 ? 'link is' : 'links are'} not kept`)
  if (passedOver > 0) notes.push(`${passedOver} entries can't be read or kept`)
  if (incomplete) throw tooLarge('more files than are looked through', 'Name the folders: dist/**/*.js.')
  return notes.map(note => `${what}: ${note}`)
}

function checkSize(files: ReadonlyMap<string, FoundFile>): void {
  if (files.size > MAX_ARTIFACT_FILES)
    throw tooLarge(`more than ${MAX_ARTIFACT_FILES} files`, 'Pack them into an archive in the job.')
  let bytes = 0
  for (const { size } of files.values()) bytes += size
  if (bytes > MAX_ARTIFACT_BYTES)
    throw tooLarge(formatSize(bytes), `At most ${formatSize(MAX_ARTIFACT_BYTES)} are kept of one job.`)
}

function missing(paths: readonly string[]): RunnerError {
  return new RunnerError('ARTIFACT_MISSING', {
    message: `The job ended well but made no file for ${paths.map(path => `'${path}'`).join(', ')}`,
    hint: 'Check where the job writes it; paths are relative to the root of the repository, and links are not kept.',
    details: { missing: paths },
  })
}

function tooLarge(what: string, hint: string): RunnerError {
  return new RunnerError('ARTIFACTS_TOO_LARGE', { message: `The job's artifacts are ${what}`, hint })
}
