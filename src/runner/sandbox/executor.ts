import type { SandboxKind } from '../options.ts'

/** Where an attempt's things lie on the machine. */
export interface Places {
  readonly workspace: string
  readonly home: string
  readonly tmp: string
  /** What the job is given to read: its script, a stage's input, production's files. */
  readonly given: string
  /** Where a stage writes its result. */
  readonly out: string
}

export interface Confinement {
  /** User code may fetch its packages; Ballast's own stages need no network and get none. */
  readonly network: boolean
  /** More that it may read, at the same paths. */
  readonly readable: readonly string[]
  readonly slot: number
  readonly attempt: string
}

/** How a job is kept apart from everything else. */
export interface Executor {
  readonly kind: SandboxKind
  /** Folder for attempts' places, when they can't lie with the rest of the runner's state. */
  readonly placesRoot?: string
  readonly path: string
  /** The same places as the job sees them. */
  seen(places: Places): Places
  /** The uid and gid that must own the places; undefined: the runner's own. */
  owner(confinement: Confinement): number | undefined
  /** The command that runs `given/job.sh` in confinement. */
  command(places: Places, confinement: Confinement): readonly string[]
  /** Processes of an attempt that may live outside its tree. Empty where a namespace holds them all. */
  strays(attempt: string, slot: number): readonly number[]
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
