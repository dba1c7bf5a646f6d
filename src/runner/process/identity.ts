import { type ProcessIdentity, parseStat } from '../../core/index.ts'

/**
 * What the shim recorded: its own stat line, then the boot's id. Undefined while it is not written to the end.
 */
export function parseIdentity(record: string): ProcessIdentity | undefined {
  const match = /^(.+)\n([0-9a-f-]{36})\n$/s.exec(record)
  const stat = match && parseStat(match[1]!)
  return stat ? { pid: stat.pid, startTime: stat.startTime, boot: match[2]! } : undefined
}
