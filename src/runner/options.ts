import type { Logger } from '../core/index.ts'

/** What keeps jobs that are processes of this machine apart. */
export type SandboxKind = 'bubblewrap' | 'uid' | 'none'
export type ExecutorKind = SandboxKind | 'container'

/** How Ballast's own command is started, for stages: `node script stage …`. */
export interface Entry {
  readonly node: string
  readonly script: string
}

export interface RunnerOptions {
  /** `http://127.0.0.1:7070`: the control plane. */
  readonly serverUrl: string
  /** A token of kind `agent:runner`. */
  readonly token: string
  /** This runner's own folder: attempts under way and the cache of sources. Made 0700. */
  readonly dataDir: string
  readonly name: string
  /** How many attempts run at once, 1 to 64. */
  readonly concurrency: number
  /** What jobs may take of the machine together; absent: all of it. */
  readonly cpus?: number
  readonly memoryBytes?: number
  /** What it has: it is for jobs that ask for some of it. */
  readonly labels?: readonly string[]
  /** Whether it is for jobs without labels too. Absent: yes. */
  readonly untagged?: boolean
  /** auto: bubblewrap, else another uid, else an error. none: only on the operator's explicit word. */
  readonly sandbox: 'auto' | SandboxKind
  /**
   * process: jobs are processes in the sandbox. container: each runs in an image. auto: those that name an image
   * or services run in containers where an engine works, the others are processes. Absent: process.
   */
  readonly executor?: 'auto' | 'process' | 'container'
  /** In containers, of jobs that name no image; absent: such jobs are refused. */
  readonly image?: string
  readonly entry: Entry
  /** Aborted: stop leasing, end or leave what runs (`keep`), and return. */
  readonly signal: AbortSignal
  /** Aborted: stop leasing, and return once all that runs has ended by itself. */
  readonly drain?: AbortSignal
  /** On the signal leave the processes running; the next runner in this folder adopts them. */
  readonly keep?: boolean
  /** On the signal attempts get this long to end by themselves before they are canceled. 1 s. */
  readonly graceMs?: number
  /** Folders outside /usr that jobs may read, such as /opt/conda; their `bin` comes first on the PATH. */
  readonly tools?: readonly string[]
  readonly logger?: Logger
  /** Called once leasing has begun, with what isolates the jobs. */
  readonly onReady?: (sandbox: ExecutorKind) => void
}
