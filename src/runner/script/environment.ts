import { WORKSPACE_PLACE } from '../../pipeline/index.ts'
import type { Executor, Places } from '../executors/executor.ts'

export interface JobEnvironment {
  readonly executor: Pick<Executor, 'usual'>
  /** The places as the job sees them. */
  readonly seen: Places
  readonly attempt: string
  readonly env: Readonly<Record<string, string>>
  /** Paths of file variables as the job sees them. */
  readonly files?: Readonly<Record<string, string>>
}

/** Nothing of the runner's own environment: what the job asked for between what is usual and what is ours. */
export function jobEnvironment({
  executor,
  seen,
  attempt,
  env,
  files,
}: JobEnvironment): Record<string, string> {
  const own = Object.entries(env).map(([name, value]) => [name, placed(value, seen.workspace)] as const)
  return {
    ...executor.usual(seen),
    CI: 'true',
    ...Object.fromEntries(own),
    ...files,
    BALLAST: 'true',
    BALLAST_WORKSPACE: seen.workspace,
    BALLAST_ATTEMPT: attempt,
  }
}

/** Puts the workspace's path where `WORKSPACE_PLACE` stands for it. */
export function placed(text: string, workspace: string): string {
  return text.replaceAll(WORKSPACE_PLACE, () => workspace)
}

/** A path of artifacts or caches, relative to the workspace also where it was written with the workspace's own. */
export function relativePath(path: string): string {
  const [sign, rest] = path.startsWith('!') ? ['!', path.slice(1)] : ['', path]
  if (rest === WORKSPACE_PLACE || rest === `${WORKSPACE_PLACE}/`) return `${sign}.`
  return rest.startsWith(`${WORKSPACE_PLACE}/`) ? sign + rest.slice(WORKSPACE_PLACE.length + 1) : path
}
