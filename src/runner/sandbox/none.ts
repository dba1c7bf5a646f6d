import { marked } from '../process/tree.ts'
import { binOf } from './bubblewrap.ts'
import { DEFAULT_PATH, type Executor } from './executor.ts'

/** The runner's own user, files and network: only for jobs that are trusted as the runner is. */
export function plainExecutor(tools: readonly string[], path: string | undefined): Executor {
  return {
    kind: 'none',
    path: [...tools.map(binOf), path || DEFAULT_PATH].join(':'),
    seen: places => places,
    owner: () => undefined,
    command: ({ given }, { attempt }) => [
      'setsid',
      'env',
      `BALLAST_ATTEMPT=${attempt}`,
      '/bin/sh',
      '-e',
      `${given}/job.sh`,
    ],
    strays: marked,
  }
}
