import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { StageResult } from '../../api/index.ts'
import { BallastError, type Digest, isDigest, systemCode } from '../../core/index.ts'
import { digestOfFiles, FormatsError, loadScanner, only, type ScanReport } from '../../formats/index.ts'
import { scanLines } from '../scan/describe.ts'
import type { StageContext } from './context.ts'
import { inWorkspace, type ModelFiles, modelFilesOf, openFiles } from './model-files.ts'

/** What was scanned, for the register stage; taken from this stage only. */
const HANDOVER = '.ballast/scan.json'
/** Findings in a version's record: enough to judge by; the log and `ballast scan` have them all. */
const MAX_RECORDED = 200

const handoverSchema = z.record(z.string(), z.string())

const VERDICT = { safe: 'passed', unsafe: 'failed', unknown: 'inconclusive' } as const

/**
 * Judges every file of the model before anything else reads it. Unsafe fails; unknown waits for a maintainer, whose
 * acceptance goes on record with the version.
 */
export async function scanStage({ workspace, repository }: StageContext): Promise<StageResult> {
  const files = await modelFilesOf(workspace, repository)
  const paths = await pathsOf(files)
  const { scanTree } = await loadScanner()
  const report = await scanTree(paths ? only(files.tree, new Set(paths)) : files.tree, { digest: true })
  const digests = Object.fromEntries(
    report.files.map(({ path, digest }) => [inWorkspace(files, path), digest ?? '']),
  )
  const handover = join(workspace, HANDOVER)
  await mkdir(dirname(handover), { recursive: true })
  await writeFile(handover, JSON.stringify(digests))
  return {
    stage: 'scan',
    verdict: verdictOf(report),
    summary: [...scanLines(report), ...advice(report)],
    records: { scan: recordOf(report) },
  }
}

/** What is unreadable fails, and so does nothing at all: of neither anything is known. */
function verdictOf({ verdict, counts }: ScanReport): StageResult['verdict'] {
  return counts.unreadable > 0 || counts.files === 0 ? 'failed' : VERDICT[verdict]
}

/**
 * The files that belong to the model. One that can't be described is still scanned: then it is the main file alone,
 * or everything in its folder.
 */
async function pathsOf(files: ModelFiles): Promise<readonly string[] | undefined> {
  try {
    const model = await openFiles(files)
    await model.close()
    return model.file.files.map(({ path }) => path)
  } catch (error) {
    if (!(error instanceof FormatsError)) throw error
    return files.main === undefined ? undefined : [files.main]
  }
}

function advice({ verdict, counts }: ScanReport): string[] {
  if (verdict !== 'unknown' || counts.unreadable > 0) return []
  return ['What is unknown is not safe: a maintainer may accept it, which is recorded with the version.']
}

function recordOf({ findings, ...report }: ScanReport): unknown {
  const recorded = findings.slice(0, MAX_RECORDED)
  const omitted = report.omitted + findings.length - recorded.length
  return JSON.parse(JSON.stringify({ ...report, findings: recorded, omitted }))
}

/** The digest of the model by those of its files, as they were scanned; undefined where they were not. */
export async function scannedDigest(
  workspace: string,
  names: readonly { readonly path: string; readonly name: string }[],
): Promise<Digest | undefined> {
  const scanned = await readHandover(workspace)
  const files = names.map(({ path, name }) => [path, scanned?.[name]] as const)
  return files.every((file): file is readonly [string, Digest] => isDigest(file[1] ?? ''))
    ? digestOfFiles(files)
    : undefined
}

/** Holds what is registered to what was scanned. Throws MODEL_CHANGED. */
export async function checkScanned(
  workspace: string,
  files: readonly { readonly name: string; readonly digest: string }[],
): Promise<void> {
  const scanned = await readHandover(workspace)
  for (const { name, digest } of files) {
    if (scanned && Object.hasOwn(scanned, name) && scanned[name] === digest) continue
    throw new BallastError('MODEL_CHANGED', {
      message: `${name} (${digest}) is not what was scanned`,
      hint: 'A job changed the file after the scan, or a file joined the model since: make it before.',
    })
  }
}

async function readHandover(workspace: string): Promise<Record<string, string> | undefined> {
  try {
    return handoverSchema.parse(JSON.parse(await readFile(join(workspace, HANDOVER), 'utf8')))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
