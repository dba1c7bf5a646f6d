import type { Milliseconds } from '../../../core/index.ts'
import type { Dialect, Plan } from '../../../pipeline/index.ts'
import type { Compilation, Project } from '../compile/compile.ts'
import type { PipelineEnd, Tell } from '../engine/events.ts'
import type { LocalPipeline } from '../engine/pipeline.ts'
import type { Slots } from '../engine/slots.ts'
import type { Variables } from './environment.ts'
import type { Executors } from './executors/executors.ts'
import type { KeptFiles, Shelves } from './keeping/store.ts'
import type { Mask } from './log.ts'
import type { Places } from './places/places.ts'
import type { Shells } from './shell/shells.ts'

/** What all jobs of a run, of whatever pipeline, have in common. */
export interface World {
  readonly project: Project
  readonly slots: Slots
  readonly places: Places
  readonly folders: RunFolders
  readonly shelves: () => Promise<Shelves>
  readonly executors: Executors
  /** A repository with the last commits alone; undefined where there is no history. */
  readonly shortHistory: () => Promise<string | undefined>
  readonly programs: Programs
  readonly host: Variables
  readonly secrets: Variables
  /** A fresh one for each job; undefined: nothing is to be hidden. */
  readonly mask: () => Mask | undefined
  readonly tell: Tell
  readonly clock: () => Milliseconds
  /** How long jobs took in the run before, by name. */
  readonly earlier: ReadonlyMap<string, Milliseconds>
  readonly startedAt: Date
  /** Aborted: jobs are ended, and not asked. */
  readonly kill: AbortSignal
  readonly settings: RunSettings
  /** Of this run, in the order in which they began. */
  readonly pipelines: LocalPipeline[]
  /** What its jobs kept, in the order in which they ended. */
  readonly kept: KeptFiles[]
}

/** What this machine has to run scripts with. */
export interface Programs {
  /** Absent where there is no bash. */
  readonly bash?: string
  readonly shells?: Shells
}

export interface RunSettings {
  /** Run jobs that name an image on this machine. */
  readonly noImage: boolean
  readonly sandbox: 'none' | 'bubblewrap' | 'auto'
  readonly delays: boolean
  readonly plays: (job: string) => boolean
  /** `ballast` itself, for the model's stages. */
  readonly entry: readonly string[]
}

/** Where a run leaves what the user may look at. */
export interface RunFolders {
  /** `.ballast/run/<run>`. */
  readonly run: string
  readonly logs: string
  /** The user named the folder of logs: others may be in it. */
  readonly given: boolean
  readonly artifacts: string
  readonly cache: string
}

/** One pipeline of a run. */
export interface PipelineScope {
  readonly world: World
  /** Names of the triggers above it. */
  readonly path: readonly string[]
  readonly compilation: Compilation
  readonly plan: Plan
  readonly dialect?: Dialect
  readonly priorities: ReadonlyMap<string, Milliseconds>
  /** Of jobs that have ended. */
  readonly kept: Map<string, KeptFiles>
  readonly dotenv: Map<string, Variables>
  /** Runs a pipeline within this one. */
  readonly nested: (request: ScopeRequest) => Promise<PipelineEnd>
}

export interface ScopeRequest {
  readonly world: World
  readonly path: readonly string[]
  readonly compilation: Compilation
  readonly plan: Plan
  readonly signal: AbortSignal
}
