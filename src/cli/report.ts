import { styleText } from 'node:util'
import { BallastError, messageOf, systemCode } from '../core/index.ts'
import { cleanLines } from './output/clean.ts'

/** Prints an error as a person reads it, `--json` as a machine does, and sets exit status 1. */
export function reportError(error: unknown): void {
  process.exitCode = 1
  if (process.argv.includes('--json')) {
    const body =
      error instanceof BallastError
        ? { code: error.code, message: error.message, hint: error.hint, details: error.details }
        : { code: systemCode(error) ?? 'INTERNAL', message: messageOf(error), hint: hintOf(error) }
    process.stderr.write(`${JSON.stringify({ error: body })}\n`)
    return
  }
  process.stderr.write(`${paint('red', 'error:')} ${cleanLines(messageOf(error))}\n`)
  const hint = error instanceof BallastError ? error.hint : hintOf(error)
  if (hint) process.stderr.write(`${paint('cyan', 'hint:')} ${hint}\n`)
  if (error instanceof BallastError) process.stderr.write(`${paint('gray', `(${error.code})`)}\n`)
  else if (process.env['BALLAST_LOG'] === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`)
  }
}

const SYSTEM_HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'Check the name: there is nothing there.'],
  ['ENOTDIR', 'A part of this path is a file, not a folder.'],
  ['EISDIR', 'Name a file: this is a folder.'],
  ['EACCES', 'Check its permissions, or choose another place.'],
  ['EPERM', 'Check its permissions, or choose another place.'],
  ['EROFS', 'This file system can only be read; choose another place.'],
  ['ENOSPC', 'The disk is full: free some space and try again.'],
  ['EMFILE', 'Too many files are open: raise the limit with `ulimit -n`.'],
])

/** What to do about an error of the system's own. */
function hintOf(error: unknown): string | undefined {
  return SYSTEM_HINTS.get(systemCode(error) ?? '')
}

/** Colour where the stream is a terminal and NO_COLOR is not set. */
export function paint(
  colour: 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold',
  text: string,
  stream: NodeJS.WriteStream = process.stderr,
): string {
  return styleText(colour, text, { stream })
}
