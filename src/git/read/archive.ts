import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { CommitId } from '../../core/index.ts'
import { gitEnvironment } from '../process/environment.ts'
import { failure, keepStart, unavailable } from '../process/run.ts'
import { checkCommitId } from './names.ts'

const MAX_COMPLAINT = 4096

/**
 * The files of a commit as a tar stream: a pax global header with the commit's id, modes 0644 and 0755, the
 * commit's time. Exactly the committed bytes: attributes such as `export-ignore` or `eol` do not apply.
 * Ends with a GitError when git fails; destroying the stream ends git.
 */
export function archive(directory: string, commit: CommitId): Readable {
  return Readable.from(tarOf(directory, checkCommitId(commit)), { objectMode: false })
}

async function* tarOf(directory: string, commit: CommitId): AsyncGenerator<Buffer> {
  const args = ['archive', '--format=tar', commit]
  const child = spawn('git', ['--git-dir', directory, ...args], {
    env: gitEnvironment(),
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const complaint = keepStart(child.stderr, MAX_COMPLAINT)
  const closed = once(child, 'close').catch(cause => {
    throw unavailable(cause)
  }) as Promise<[number | null]>
  closed.catch(() => undefined)
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const [exitCode] = await closed
    if (exitCode !== 0) throw failure(args, exitCode ?? -1, complaint(), directory)
  } finally {
    child.kill('SIGKILL')
  }
}
