import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { ProcessIdentity } from '../../core/index.ts'
import { quote } from '../script/quote.ts'
import { parseIdentity } from './identity.ts'

/**
 * What a single process may hold as data: all of the machine's memory. It stops one that runs away before the
 * kernel has to choose a victim; of several together the kernel ends the jobs first (oom_score_adj).
 * Address space is not limited: Node and WebAssembly reserve much that they never touch.
 */
const MAX_DATA_KB = Math.floor(totalmem() / 1024)
/** How long the shim may take over its first line. */
const RECORD_MS = 500

/**
 * The parent of a job's processes: a small `sh` in a session of its own, which outlives the runner. It records
 * its identity before anything else (`set -C`: exactly once for a folder, and not at all when the folder was
 * given up), limits what it starts, waits, and writes the exit status. Both records count only with their
 * closing newline, so a crash in the middle leaves none.
 *
 * Its environment is the runner's choice alone: the job's variables, which might name a library to load, are
 * set inside the sandbox.
 */
export function shimScript(folder: string, command: readonly string[]): string {
  return `folder=${quote(folder)}
read -r stat < /proc/self/stat
read -r boot < /proc/sys/kernel/random/boot_id
set -C
printf '%s\\n%s\\n' "$stat" "$boot" > "$folder/pid" || exit 125
set +C
echo 400 > /proc/self/oom_score_adj
ulimit -c 0
ulimit -d ${MAX_DATA_KB}
${command.map(quote).join(' ')}
printf '%s\\n' "$?" > "$folder/exit"
`
}

/** Who the shim said it is; undefined when it never began. A record that is just being written is waited for. */
export async function identityIn(folder: string): Promise<ProcessIdentity | undefined> {
  const deadline = Date.now() + RECORD_MS
  for (;;) {
    const record = await readFile(join(folder, 'pid'), 'latin1').catch(() => undefined)
    const identity = record === undefined ? undefined : parseIdentity(record)
    if (record === undefined || identity || Date.now() > deadline) return identity
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** The exit status that the shim wrote: 0 to 255, above 128 for a signal. Undefined: it never wrote one. */
export async function exitCodeIn(folder: string): Promise<number | undefined> {
  const record = await readFile(join(folder, 'exit'), 'latin1').catch(() => '')
  const match = /^(\d{1,3})\n$/.exec(record)
  return match ? Number(match[1]) : undefined
}
