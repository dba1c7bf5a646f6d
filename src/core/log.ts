import { createRequire } from 'node:module'
import type { pino as Pino } from 'pino'

/** Structured log of a process. Goes to standard error, JSON a line; never holds a secret. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export function createLogger(process: string): Logger {
  // Loaded with the first log: most commands keep none, and start sooner.
  const { pino } = createRequire(import.meta.url)('pino') as { readonly pino: typeof Pino }
  return pino(
    {
      base: { process },
      level: globalThis.process.env['BALLAST_LOG'] ?? 'info',
      redact: {
        paths: ['token', 'password', 'authorization', '*.token', '*.password', '*.authorization'],
        censor: '[redacted]',
      },
    },
    pino.destination(2),
  )
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
