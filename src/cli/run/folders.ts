import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { digestOf, hexOf, type Milliseconds, randomText } from '../../core/index.ts'
import type { JobSummary } from './engine/events.ts'
import type { RunFolders } from './jobs/world.ts'

/** Runs whose logs and kept files stay. */
const KEPT_RUNS = 10
const RUN_NAME = /^\d{8}-\d{6}-[a-z0-9]+$/

/**
 * Makes the folder of a run, which git ignores:
 *
 *   .ballast/run/.gitignore
 *   .ballast/run/latest -> 20261127-120000-x7f2
 *   .ballast/run/20261127-120000-x7f2/logs/build.log
 *   .ballast/run/20261127-120000-x7f2/artifacts/build/dist/…
 *   .ballast/run/20261127-120000-x7f2/result.json
 */
export function makeRunFolders(root: string, now: Date, logDir: string | undefined): RunFolders {
  const parent = join(root, '.ballast', 'run')
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const name = `${stamp}-${randomText(4)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '0')}`
  const run = join(parent, name)
  const logs = logDir === undefined ? join(run, 'logs') : resolve(logDir)
  mkdirSync(run, { recursive: true })
  mkdirSync(logs, { recursive: true })
  writeFileSync(join(parent, '.gitignore'), '*\n')
  const latest = join(parent, 'latest')
  rmSync(latest, { force: true })
  try {
    symlinkSync(name, latest)
  } catch {
    // Another run beside this one was quicker, or the file system has no links.
  }
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return {
    run,
    logs,
    given: logDir !== undefined,
    artifacts: join(run, 'artifacts'),
    cache: join(cache, 'ballast', 'jobs', hexOf(digestOf(root)).slice(0, 16)),
  }
}

/** Takes old runs away; the newest stay. */
export async function pruneRuns(root: string): Promise<void> {
  const parent = join(root, '.ballast', 'run')
  const runs = (await readdir(parent)).filter(name => RUN_NAME.test(name)).sort()
  for (const name of runs.slice(0, Math.max(0, runs.length - KEPT_RUNS)))
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)
}

/** How long the jobs of the last run took, by name. */
export async function earlierTimes(root: string): Promise<ReadonlyMap<string, Milliseconds>> {
  try {
    const text = await readFile(join(root, '.ballast/run/latest/result.json'), 'utf8')
    const { jobs } = JSON.parse(text) as { readonly jobs: readonly JobSummary[] }
    return new Map(
      jobs.flatMap(({ job, durationMs }) => (durationMs === undefined ? [] : [[job, durationMs] as const])),
    )
  } catch {
    // There was none, or it was killed.
    return new Map()
  }
}
