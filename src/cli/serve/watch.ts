import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A file that is being written changes again within this. */
const QUIET_MS = 300

/** Calls `onChange` after something below a file's or folder's place changed, and was quiet for a moment. */
export function watchPlace(target: string, isFolder: boolean, onChange: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, QUIET_MS)
  }
  // An editor or a copy replaces a file: its folder stays.
  const watcher: FSWatcher = watch(isFolder ? target : dirname(target), { recursive: isFolder }, changed)
  // A folder that is removed is told as a change; what follows is told then.
  watcher.on('error', changed)
  return {
    close() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}

/** Size and time of a file, or of each in a folder: another one for another content, but for one that was set back. */
export async function printOf(paths: readonly string[]): Promise<string> {
  const prints: string[] = []
  for (const path of paths) prints.push(await onePrint(path))
  return prints.join('\n')
}

async function onePrint(path: string): Promise<string> {
  try {
    const { size, mtimeMs, ino, ctimeMs } = await stat(path)
    const own = `${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`
    const names = await readdir(path).catch(() => [])
    const below = await printOf(names.toSorted().map(name => join(path, name)))
    return below === '' ? own : `${own}\n${below}`
  } catch {
    return `${path} is gone`
  }
}
