import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ended, type Verdict, verdictOf } from '../attempt/ending/verdict.ts'
import { within } from '../control/backoff.ts'
import { RunnerError } from '../errors.ts'
import type { Confinement, Executor, Places } from '../executors/executor.ts'
import { type Stoppable, stopTree } from '../process/stop.ts'
import type { JobImage, JobPhase, JobService, Resources } from '../received.ts'
import { jobEnvironment } from '../script/environment.ts'
import { giveFileVariables } from '../script/file-variables.ts'
import { isPlain, jobScript, type ShellName } from '../script/job-script.ts'
import { PhaseKeeper } from '../script/phase-keeper.ts'
import { ownPlaces } from './places.ts'

/** For the last output of a job whose processes are all dead. */
const DRAIN_MS = 2000
/** What a launcher needs: the job's own variables are set inside. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }

/** A job as far as running it goes. */
export interface ScriptJob {
  readonly shell: ShellName
  readonly phases: readonly JobPhase[]
  readonly env: Readonly<Record<string, string>>
  /** Variables that are given as the path of a file with this content. */
  readonly files?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly network?: boolean
  readonly readOnlyRoot?: boolean
  readonly image?: JobImage
  readonly services?: readonly JobService[]
  readonly resources?: Resources
}

export interface ScriptRun {
  readonly executor: Executor
  /** From `makePlaces`; the workspace laid out. */
  readonly places: Places
  readonly job: ScriptJob
  /** Unique among the jobs of this machine: `[A-Za-z0-9_-]+`. */
  readonly name: string
  /** From 0; no other job that runs has it. */
  readonly slot: number
  /** Aborted: the job is canceled. Phases that always run still do. */
  readonly signal: AbortSignal
  /** Its standard output and error, as they come. */
  readonly onOutput: (bytes: Buffer) => void
  /** Whether phases are marked as sections in the output. */
  readonly sections?: boolean
}

/**
 * Runs a job's script to its end, without a shim: it ends with this process. All its processes are dead
 * afterwards. Throws what keeps it from being tried (CONFINEMENT_UNSUPPORTED, a full disk).
 */
export async function runScript(run: ScriptRun): Promise<Verdict> {
  const { executor, places, name: attempt, slot, job } = run
  const confinement = confinementOf(run)
  const refusal = executor.refusal(confinement)
  if (refusal !== undefined) {
    throw new RunnerError('CONFINEMENT_UNSUPPORTED', {
      message: `The job can't run here: ${refusal}`,
      hint: 'Install bubblewrap, or run it on a machine that has it.',
    })
  }
  await giveScript(run, await ownPlaces(executor, places, confinement))
  const say = async (line: string): Promise<void> => run.onOutput(Buffer.from(`Ballast: ${line}\n`))
  try {
    await executor.prepare?.(places, confinement, { env: job.env, say, signal: run.signal })
    const ended = await runCommand(run, executor.command(places, confinement))
    const offer = { work: { ...job, kind: 'script' }, timeoutMs: job.timeoutMs } as const
    return await verdictOf({ ...ended, offer, out: places.out })
  } catch (error) {
    await executor.sweep({ attempt, slot, places }, true)
    if (run.signal.aborted) return { outcome: 'canceled', reason: 'It was canceled' }
    throw error
  }
}

function confinementOf({ job, slot, name }: ScriptRun): Confinement {
  const { network = true, readOnlyRoot, image, services, resources } = job
  return {
    network,
    readable: [],
    slot,
    attempt: name,
    ...(readOnlyRoot !== undefined && { readOnlyRoot }),
    ...(image && { image }),
    ...(services && { services }),
    ...(resources && { resources }),
  }
}

async function giveScript(run: ScriptRun, owner: number | undefined): Promise<void> {
  const { executor, places, job, name, sections = true } = run
  const seen = executor.seen(places)
  const files = await giveFileVariables(places, seen, job.files ?? {}, owner)
  const script = jobScript({
    folder: seen.workspace,
    out: seen.out,
    given: seen.given,
    env: jobEnvironment({ executor, seen, attempt: name, env: job.env, files }),
    ...(executor.umask !== undefined && { umask: executor.umask }),
    sections,
    run: { kind: 'phases', shell: job.shell, phases: job.phases },
  })
  const path = join(places.given, 'job.sh')
  await writeFile(path, script, { mode: 0o400 })
  if (owner !== undefined) await chown(path, owner, owner)
}

type Result = Pick<Ended, 'exitCode' | 'stop' | 'timedOut'>

async function runCommand(run: ScriptRun, command: readonly string[]): Promise<Result> {
  const { executor, name: attempt, slot, signal, onOutput } = run
  if (signal.aborted) return { exitCode: undefined, stop: 'canceled', timedOut: new Set() }
  // One pipe for both, so that lines stay in their order. In a session of its own: Ctrl-C at the terminal is ours.
  const child = spawn('/bin/sh', ['-c', '"$@" 2>&1; exit $?', 'ballast-job', ...command], {
    cwd: '/',
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  child.stdout.on('data', onOutput)
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const closed = once(child, 'close')
  closed.catch(() => undefined)
  const pid = await started(child, exit)
  const job: Stoppable = {
    pid,
    ended: exit.then(() => undefined),
    signal: (kind, spareDriver) => executor.signal({ pid, attempt, slot }, kind, spareDriver),
  }
  const { stop, timedOut } = await followToEnd(run, job)
  const [code] = await exit
  await executor.sweep({ attempt, slot, places: run.places }, code === null)
  await within(closed, DRAIN_MS)
  child.stdout.destroy()
  return { exitCode: code ?? undefined, stop, timedOut }
}

async function started(child: ChildProcess, exit: Promise<unknown>): Promise<number> {
  if (child.pid === undefined) await exit
  return child.pid!
}

async function followToEnd({ job, places, signal, onOutput }: ScriptRun, process: Stoppable) {
  const timedOut = new Set<number>()
  const keeper = isPlain(job)
    ? undefined
    : new PhaseKeeper({
        phases: job.phases,
        out: places.out,
        given: places.given,
        job: process,
        async onTimeout(phase) {
          timedOut.add(phase)
          onOutput(Buffer.from(`Ballast: ${job.phases[phase]?.name} ran longer than its limit\n`))
        },
      })
  const reason = Promise.withResolvers<'canceled' | 'timed out'>()
  const cancel = (): void => reason.resolve('canceled')
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  // Longer than a timer can be is longer than anything runs.
  const timer =
    job.timeoutMs < 2 ** 31 ? setTimeout(() => reason.resolve('timed out'), job.timeoutMs) : undefined
  try {
    const stop = await Promise.race([process.ended.then(() => undefined), reason.promise])
    if (stop === 'canceled') await keeper?.cancel()
    if (stop !== undefined) await stopTree(process)
    return { stop, timedOut }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
    keeper?.close()
  }
}
