import { readdir, readFile, readlink } from 'node:fs/promises'

export interface FoundProcess {
  readonly pid: number
  readonly command: string
}

/** Processes that work in a folder: it is in their arguments, their environment, or they stand in it. */
export async function processesOf(folder: string): Promise<readonly FoundProcess[]> {
  const found: FoundProcess[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const [command, environment, cwd] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
    ])
    // One that has ended and waits for its parent has no arguments any more.
    if (command === '' || (await isZombie(pid))) continue
    if ([command, environment, `${cwd}/`].some(text => text.includes(`${folder}/`)))
      found.push({ pid, command: command.replaceAll('\0', ' ').trim() })
  }
  return found
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
}

/** SIGKILL, as the kernel's out-of-memory killer sends it. False when it had ended already. */
export function killHard(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
