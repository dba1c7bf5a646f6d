import type { ExecutorKind } from '../options.ts'
import type { JobImage, JobService, Resources } from '../received.ts'

/** Where an attempt's things lie on the machine. */
export interface Places {
  readonly workspace: string
  readonly home: string
  readonly tmp: string
  /** What the job is given to read: its script, a stage's input, production's files. */
  readonly given: string
  /** Where the script tells what came of it, and a stage writes its result. */
  readonly out: string
}

export interface Confinement {
  /** User code may fetch its packages; Ballast's own stages need no network and get none. */
  readonly network: boolean
  /** Nothing but workspace, home, tmp and out can be written, where it would be otherwise. */
  readonly readOnlyRoot?: boolean
  /** More that it may read, at the same paths. */
  readonly readable: readonly string[]
  readonly slot: number
  readonly attempt: string
  readonly image?: JobImage
  readonly services?: readonly JobService[]
  readonly resources?: Resources
}

/** A job that runs, as an executor finds it again: by its shim, its attempt, its slot. */
export interface RunningJob {
  /** Of the process that started it and waits for it. Never signalled. */
  readonly pid: number
  readonly attempt: string
  readonly slot: number
}

export interface EndedJob extends Omit<RunningJob, 'pid'> {
  readonly places: Places
}

export type EndSignal = 'SIGTERM' | 'SIGKILL'

/** How a job is kept apart from everything else. Every executor passes test/contracts/executors.test.ts. */
export interface Executor {
  readonly kind: ExecutorKind
  /** Folder for attempts' places, when they can't lie with the rest of the runner's state. */
  readonly placesRoot?: string
  /** Of the files that a job makes; absent: 0022. */
  readonly umask?: string
  /** The same places as the job sees them. */
  seen(places: Places): Places
  /** Variables that a job finds, unless it sets them itself. */
  usual(seen: Places): Readonly<Record<string, string>>
  /** The uid and gid that must own the places; undefined: the runner's own. */
  owner(confinement: Confinement): number | undefined
  /** Why it can't run a job in such confinement; undefined when it can. */
  refusal(confinement: Confinement): string | undefined
  /** Everything else that must be there before the command, once the places are laid out: images, services. */
  prepare?(places: Places, confinement: Confinement, preparing: ExecutorPreparing): Promise<void>
  /** The command that runs `given/job.sh` in confinement. */
  command(places: Places, confinement: Confinement): readonly string[]
  /**
   * Signals all processes of a job. `spareDriver`: but the script itself, which then goes on with the phases that
   * are left.
   */
  signal(job: RunningJob, signal: EndSignal, spareDriver: boolean): void | Promise<void>
  /** Ends and removes whatever has outlived its job. `lost`: nothing above its processes held them together. */
  sweep(job: EndedJob, lost: boolean): Promise<void>
  /** Removes what earlier runners of this folder left, except of these attempts. */
  sweepOthers?(kept: ReadonlySet<string>): Promise<void>
}

export interface ExecutorPreparing {
  /** The job's variables. */
  readonly env: Readonly<Record<string, string>>
  /** Adds a line to the log. */
  say(line: string): Promise<void>
  readonly signal: AbortSignal
}

/** Of jobs that are processes of this machine. */
export function usualVariables(path: string, { home, tmp }: Places): Readonly<Record<string, string>> {
  return { PATH: path, HOME: home, TMPDIR: tmp, LANG: 'C.UTF-8' }
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
