import { marked } from '../../process/tree.ts'
import { DEFAULT_PATH, type Executor, usualVariables } from '../executor.ts'
import { binOf } from './bubblewrap.ts'
import { processSignals } from './signals.ts'

/** The runner's own user, files and network: only for jobs that are trusted as the runner is. */
export function plainExecutor(tools: readonly string[], path: string | undefined): Executor {
  return {
    kind: 'none',
    usual: seen => usualVariables([...tools.map(binOf), path || DEFAULT_PATH].join(':'), seen),
    seen: places => places,
    owner: () => undefined,
    refusal({ network, readOnlyRoot }) {
      if (!network) return 'the job asks for no network, and this runner has no sandbox to keep it from one'
      if (readOnlyRoot)
        return 'the job asks for a read-only root, and this runner has no sandbox to give it one'
      return undefined
    },
    command: ({ given }, { attempt }) => [
      'setsid',
      'env',
      `BALLAST_ATTEMPT=${attempt}`,
      '/bin/sh',
      '-e',
      `${given}/job.sh`,
    ],
    ...processSignals(marked, marked),
  }
}
