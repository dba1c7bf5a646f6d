import { chmod, mkdir, rmdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import type { LeaseRequest } from '../api/index.ts'
import { messageOf, silentLogger } from '../core/index.ts'
import { aborted } from './attempt/follow.ts'
import { installReadable } from './attempt/preparing/install.ts'
import { CacheShelf } from './cache/shelf.ts'
import { backoffMs, pause, within } from './control/backoff.ts'
import { ControlPlane } from './control/control-plane.ts'
import { RunnerError } from './errors.ts'
import { chooseExecutors } from './executors/choose.ts'
import { type Executors, eachExecutor } from './executors/executors.ts'
import { lockFolder } from './lock.ts'
import type { RunnerOptions } from './options.ts'
import { AttemptPool } from './pool.ts'
import { Launcher } from './process/launcher.ts'
import { Room } from './room.ts'
import { ContentStore } from './store/content-store.ts'
import { SourceCache } from './workspace/sources/sources.ts'

const GRACE_MS = 1000
const PLATFORM = `${process.platform}-${process.arch}`
/** From the order to stop: 5 s of asking, killing, and saying it to the control plane if that is still there. */
const STOP_MS = 8000
/** An empty answer that came sooner than this was not a wait: don't ask in a circle. */
const MIN_WAIT_MS = 100

/**
 * Leases attempts and runs them until the signal. First goes on with what an earlier runner in this folder left
 * (`kill -9` costs no job). Throws SANDBOX_UNAVAILABLE, RUNNER_ALREADY_RUNNING, and CONTROL_PLANE_REFUSED when
 * the token is no good; a control plane that is away is waited for.
 */
export async function runRunner(options: RunnerOptions): Promise<void> {
  const dataDir = resolve(options.dataDir)
  const logger = options.logger ?? silentLogger
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await chmod(dataDir, 0o700)
  const unlock = await lockFolder(dataDir)
  try {
    const executors = await chooseExecutors({ ...options, dataDir })
    const sources = new SourceCache(join(dataDir, 'sources'))
    await sources.prepare()
    const store = await ContentStore.open(join(dataDir, 'store'))
    const caches = { store, shelf: new CacheShelf(store.root) }
    const control = new ControlPlane(options.serverUrl, options.token)
    const { entry, token: runnerToken } = options
    const installation = installReadable(entry)
    const launcher = new Launcher()
    const context = {
      control,
      sources,
      caches,
      executors,
      launcher,
      entry,
      installation,
      runnerToken,
      logger,
    }
    const pool = new AttemptPool(context, join(dataDir, 'attempts'), roomOf(options))
    await pool.adoptAll()
    options.onReady?.(executors.jobs.kind)
    try {
      const { signal, drain } = options
      const ended = drain ? AbortSignal.any([signal, drain]) : signal
      await leaseUntil(ended, options, control, executors, pool)
      if (!signal.aborted) await Promise.race([pool.idle(), aborted(signal)])
    } finally {
      await wind(pool, options)
      launcher.close()
      control.close()
      // Not while an attempt was left in it.
      for (const { placesRoot } of eachExecutor(executors))
        if (placesRoot !== undefined) await rmdir(placesRoot).catch(() => undefined)
    }
  } finally {
    await unlock()
  }
}

async function leaseUntil(
  ended: AbortSignal,
  options: RunnerOptions,
  control: ControlPlane,
  executors: Executors,
  pool: AttemptPool,
): Promise<void> {
  const { logger = silentLogger } = options
  let failures = 0
  for (await pool.whenFree(ended); !ended.aborted; await pool.whenFree(ended)) {
    const asked = Date.now()
    try {
      const offers = await control.lease(leaseRequest(options, executors, pool), ended)
      if (failures > 0) logger.info({ failures }, 'control plane reached again')
      failures = 0
      await Promise.all(offers.map(offer => pool.start(offer)))
      if (offers.length === 0 && Date.now() - asked < MIN_WAIT_MS) await pause(MIN_WAIT_MS, ended)
    } catch (error) {
      if (ended.aborted) return
      if (isTokenRefused(error)) throw error
      if (failures === 0) logger.warn({ reason: messageOf(error) }, 'no lease; trying again')
      await pause(backoffMs(failures++), ended)
    }
  }
}

function leaseRequest(
  { name, labels = [], untagged = true }: RunnerOptions,
  { jobs, containers }: Executors,
  pool: AttemptPool,
): LeaseRequest {
  return {
    runner: name,
    capacity: pool.free,
    sandbox: jobs.kind,
    labels: [...labels],
    untagged,
    images: containers !== undefined,
    free: pool.room,
    platform: PLATFORM,
  }
}

function isTokenRefused(error: unknown): boolean {
  if (!(error instanceof RunnerError) || error.code !== 'CONTROL_PLANE_REFUSED') return false
  return error.details['status'] === 401 || error.details['status'] === 403
}

function roomOf({ concurrency, cpus, memoryBytes }: RunnerOptions): Room {
  return new Room(
    { cpu: cpus ?? availableParallelism(), memoryBytes: memoryBytes ?? totalmem() },
    concurrency,
  )
}

/** Ends or leaves what runs. */
async function wind(pool: AttemptPool, { keep = false, graceMs = GRACE_MS }: RunnerOptions): Promise<void> {
  if (!keep) {
    const idle = pool.idle()
    await within(idle, graceMs)
    await pool.stopAll()
    await within(idle, STOP_MS)
  }
  pool.leaveAll()
  await pool.idle()
}
