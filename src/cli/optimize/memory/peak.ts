import { readFileSync } from 'node:fs'
import type { Bytes } from '../../../core/index.ts'

/**
 * The most that this process held of the machine's memory so far. Linux' own note of it begins with the program; what
 * getrusage tells begins with the process that started it.
 */
export function peakBytes(): Bytes {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  } catch {
    // Another system.
  }
  return process.resourceUsage().maxRSS * 1024
}
