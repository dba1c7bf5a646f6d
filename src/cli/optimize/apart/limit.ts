import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { BallastError, type Bytes, formatSize } from '../../../core/index.ts'
import { loadRuntime } from '../../../model/index.ts'

/** Pages of the program and the runtime that are read while a model is loaded and run: the kernel's limit leaves them out. */
const CODE: Bytes = 24_000_000

/**
 * Has the kernel hold this process to so much memory: what it would take beyond is refused to it. The runtime is loaded
 * first; engines reserve much at their start that they never touch, and that is not counted. Throws OPTIMIZE_MEMORY
 * where less is given than the runtime takes without a model.
 */
export async function limitMemory(most: Bytes): Promise<void> {
  await loadRuntime()
  const { resident, data } = taken()
  const room = most - resident - CODE
  if (room <= 0)
    throw new BallastError('OPTIMIZE_MEMORY', {
      message: `The runtime alone takes ${formatSize(resident + CODE)} of memory, and ${formatSize(Math.max(0, most))} are left for it`,
      hint: `Give --max-memory ${formatSize(resident + CODE - most)} more at least, and what the model takes.`,
    })
  const { status, error } = spawnSync('prlimit', ['--pid', `${process.pid}`, `--data=${data + room}`])
  if (status !== 0)
    throw new BallastError('OPTIMIZE_MEMORY', {
      message: `The memory of what runs a model can't be bounded here: ${error?.message ?? `prlimit ended with ${status}`}`,
      hint: 'It takes Linux with prlimit (of util-linux); or leave out --max-memory.',
    })
}

/** What a process may hold as data is counted by the kernel: private pages that can be written. */
function taken(): { readonly resident: Bytes; readonly data: Bytes } {
  let status = ''
  try {
    status = readFileSync('/proc/self/status', 'utf8')
  } catch {
    // Another system: there is no prlimit either.
  }
  const of = (name: string) =>
    1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  return { resident: of('VmRSS'), data: of('VmData') }
}
