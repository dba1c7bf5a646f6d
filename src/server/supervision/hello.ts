/** What a role says of itself on every connection to its control socket, and again when it changes. */
export interface Hello {
  readonly name: string
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly version: string
  /** Its arguments after the script: a supervisor that wants others restarts it. */
  readonly argv: readonly string[]
  /** Whether it does its work already. */
  readonly ready: boolean
  /** Facts for people, such as `url`. */
  readonly info: Readonly<Record<string, string>>
}

/** A line of this is a hello with long paths; more is not one. */
export const MAX_HELLO = 64 << 10

export function parseHello(line: string): Hello | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  return isHello(value) ? value : undefined
}

function isHello(value: unknown): value is Hello {
  if (typeof value !== 'object' || value === null) return false
  const { name, pid, startedAt, version, argv, ready, info } = value as Record<keyof Hello, unknown>
  return (
    typeof name === 'string' &&
    Number.isSafeInteger(pid) &&
    // A signal to 0, 1 or a negative number would reach others.
    (pid as number) > 1 &&
    typeof startedAt === 'number' &&
    typeof version === 'string' &&
    Array.isArray(argv) &&
    argv.every(word => typeof word === 'string') &&
    typeof ready === 'boolean' &&
    typeof info === 'object' &&
    info !== null &&
    Object.values(info).every(fact => typeof fact === 'string')
  )
}
