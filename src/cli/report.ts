import { styleText } from 'node:util'
import { BallastError, messageOf } from '../core/index.ts'

/** Prints an error as a person reads it, `--json` as a machine does, and sets exit status 1. */
export function reportError(error: unknown): void {
  process.exitCode = 1
  if (process.argv.includes('--json')) {
    const body =
      error instanceof BallastError
        ? { code: error.code, message: error.message, hint: error.hint, details: error.details }
        : { code: 'INTERNAL', message: messageOf(error) }
    process.stderr.write(`${JSON.stringify({ error: body })}\n`)
    return
  }
  process.stderr.write(`${paint('red', 'error:')} ${messageOf(error)}\n`)
  if (error instanceof BallastError) {
    if (error.hint) process.stderr.write(`${paint('cyan', 'hint:')} ${error.hint}\n`)
    process.stderr.write(`${paint('gray', `(${error.code})`)}\n`)
  } else if (process.env['BALLAST_LOG'] === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`)
  }
}

/** Colour where the stream is a terminal and NO_COLOR is not set. */
export function paint(
  colour: 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold',
  text: string,
  stream: NodeJS.WriteStream = process.stderr,
): string {
  return styleText(colour, text, { stream })
}
