import { execFile } from 'node:child_process'

/** Lists of files of the largest repositories fit; what is longer is none that a laptop's pipeline copies. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024
/** Reading commands end at once; one that asks for a password or waits for a lock must not hang the command. */
const MAX_GIT_MS = 60_000

/**
 * What a reading git command prints in `folder`; undefined where git is missing or the command fails (no
 * repository, no such ref). Changes nothing: not even the index is refreshed.
 */
export async function git(folder: string, ...words: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
  return new Promise(resolve => {
    execFile(
      'git',
      ['-C', folder, ...words],
      { env, maxBuffer: MAX_OUTPUT_BYTES, timeout: MAX_GIT_MS, windowsHide: true },
      (error, stdout) => resolve(error ? undefined : stdout),
    )
  })
}

/** The parts of an output that git separates by NUL. */
export function zeroSeparated(output: string | undefined): readonly string[] {
  return (output ?? '').split('\0').filter(part => part !== '')
}
