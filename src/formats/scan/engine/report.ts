import { createHash } from 'node:crypto'
import { type ByteSource, messageOf } from '../../../core/index.ts'
import { chunksOf } from '../../bytes/ranges.ts'
import type { FileTree, ModelInput } from '../../ports.ts'
import { RULES_VERSION } from '../rules.ts'
import type { ScanFinding, ScannedFile, ScanOptions, ScanReport, ScanVerdict } from '../types.ts'
import { MAX_FILES } from './limits.ts'
import { type FileScan, ScanBudget, scanOne } from './scan.ts'

const DIGEST_CHUNK: number = 1024 * 1024

/**
 * Scans every file of a folder, whatever its name: content is read as everything that a loader may take it for.
 * Nothing is executed. Never throws on content: what can't be read is in the report.
 *
 *   const { verdict, findings } = await scanTree(folderTree('model'))
 */
export async function scanTree(tree: FileTree, options: ScanOptions = {}): Promise<ScanReport> {
  const listed = await tree.list()
  const files = [...(listed ?? [])].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const budget = new ScanBudget()
  const done: Scanned[] = []
  for (const { path, size } of files.slice(0, MAX_FILES)) {
    options.signal?.throwIfAborted()
    done.push(await scanPath(tree, path, size, budget, options))
  }
  return listed ? report(tree.name, done, files.length) : unlisted(report(tree.name, done, 0))
}

/** Scans one file; what it names beside it is scanned with its folder. */
export async function scanFile(
  input: Pick<ModelInput, 'source' | 'path' | 'tree'>,
  options: ScanOptions = {},
): Promise<ScanReport> {
  const { source, path, tree } = input
  const scan = await scanOne(source, path, tree, new ScanBudget(), options.signal)
  const digest = options.digest ? await digestOf(source) : undefined
  return report(source.name, [{ path, size: source.size, scan, digest }], 1)
}

/** One source without a folder: bytes in memory, an upload. */
export async function scanSource(source: ByteSource, options: ScanOptions = {}): Promise<ScanReport> {
  const scan = await scanOne(source, source.name, undefined, new ScanBudget(), options.signal)
  const digest = options.digest ? await digestOf(source) : undefined
  return report(source.name, [{ path: source.name, size: source.size, scan, digest }], 1)
}

/** A folder that can't be listed was not scanned: nothing found says nothing. */
function unlisted(nothing: ScanReport): ScanReport {
  const what = 'the folder cannot be listed, so none of its files was scanned'
  const finding: ScanFinding = { rule: 'content/limit', level: 'unknown', what, at: { file: '' } }
  return { ...nothing, verdict: 'unknown', findings: [finding], counts: { ...nothing.counts, unknown: 1 } }
}

interface Scanned {
  readonly path: string
  readonly size: number
  readonly scan: FileScan
  readonly digest: string | undefined
}

async function scanPath(
  tree: FileTree,
  path: string,
  size: number,
  budget: ScanBudget,
  options: ScanOptions,
): Promise<Scanned> {
  let source: ByteSource
  try {
    source = await tree.open(path)
  } catch (error) {
    const scan = { formats: [], findings: [], omitted: 0, belongs: [], unreadable: messageOf(error) }
    return { path, size, scan, digest: undefined }
  }
  try {
    const scan = await scanOne(source, path, tree, budget, options.signal)
    return { path, size: source.size, scan, digest: options.digest ? await digestOf(source) : undefined }
  } finally {
    await source.close()
  }
}

async function digestOf(source: ByteSource): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of chunksOf(source, DIGEST_CHUNK)) hash.update(chunk)
  } catch {
    return undefined
  }
  return `sha256:${hash.digest('hex')}`
}

function report(name: string, scanned: readonly Scanned[], listed: number): ScanReport {
  const belonging = new Set(scanned.flatMap(({ scan }) => scan.belongs))
  const findings: ScanFinding[] = []
  const files = scanned.map(({ path, size, scan, digest }): ScannedFile => {
    const own = findingsOf(path, size, scan, belonging)
    findings.push(...own)
    return {
      ...{
        path,
        size,
        formats: scan.formats,
        verdict: scan.unreadable === undefined ? verdictOf(own) : unreadableVerdict(own),
      },
      ...(scan.unreadable !== undefined && { unreadable: scan.unreadable }),
      ...(digest !== undefined && { digest }),
    }
  })
  if (listed > files.length) {
    const what = `${listed} files; ${files.length} were scanned`
    findings.push({ rule: 'content/limit', level: 'unknown', what, at: { file: '' } })
  }
  const unreadable = files.filter(file => file.unreadable !== undefined).length
  const verdict = verdictOf(findings)
  return {
    rules: RULES_VERSION,
    name,
    verdict: verdict === 'safe' && unreadable > 0 ? 'unknown' : verdict,
    files,
    findings,
    counts: {
      files: files.length,
      unreadable,
      unsafe: findings.filter(({ level }) => level === 'unsafe').length,
      unknown: findings.filter(({ level }) => level === 'unknown').length,
      note: findings.filter(({ level }) => level === 'note').length,
    },
    omitted: scanned.reduce((sum, { scan }) => sum + scan.omitted, 0),
  }
}

/** What no lens knew is unknown, unless another file says that it is its raw weights. */
function findingsOf(
  path: string,
  size: number,
  scan: FileScan,
  belonging: ReadonlySet<string>,
): readonly ScanFinding[] {
  const strange = scan.formats.length === 0 && scan.unreadable === undefined && size > 0
  if (!strange || belonging.has(path)) return scan.findings
  const what = 'the content is of no known format'
  return [...scan.findings, { rule: 'content/unrecognised', level: 'unknown', what, at: { file: path } }]
}

/** What was not read is not safe. */
function unreadableVerdict(findings: readonly ScanFinding[]): ScanVerdict {
  return verdictOf(findings) === 'unsafe' ? 'unsafe' : 'unknown'
}

/** unsafe before unknown before safe. */
export function verdictOf(findings: readonly ScanFinding[]): ScanVerdict {
  if (findings.some(({ level }) => level === 'unsafe')) return 'unsafe'
  return findings.some(({ level }) => level === 'unknown') ? 'unknown' : 'safe'
}
