import { accessSync, constants } from 'node:fs'
import { Shells } from '../shell/shells.ts'
import type { Programs } from '../world.ts'

const BASH: readonly string[] = [
  '/bin/bash',
  '/usr/bin/bash',
  '/usr/local/bin/bash',
  '/opt/homebrew/bin/bash',
]

export function programsIn(folder: string): Programs {
  const bash = BASH.find(isProgram)
  return bash === undefined ? {} : { bash, shells: new Shells(folder, bash) }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
