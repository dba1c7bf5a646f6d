import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { HeldPart } from './held.ts'

/** The kernel's clock for files goes in steps, of 10 ms at most: what is this much older is older for certain. */
const CLOCK_STEP_MS = 20

/** When the parts of a workspace last changed (`ctime`, which no program can set back), by path. */
export type Stamps = ReadonlyMap<string, bigint>

/** Of the place and its workspace, right after it was laid. */
export function stampsOf(place: string, parts: readonly HeldPart[]): Stamps {
  return new Map(pathsOf(parts).map(path => [path, stampOf(place, path)?.ctimeNs ?? 0n]))
}

/**
 * Whether a job left its workspace as it found it, so that another may have it: nothing in it has changed since it was
 * laid. Where the job began in the same step of the clock, the contents are compared too.
 */
export function isUntouched(
  place: string,
  parts: readonly HeldPart[],
  stamps: Stamps,
  begun: number,
): boolean {
  let newest = 0n
  for (const [path, ctime] of stamps) {
    if (stampOf(place, path)?.ctimeNs !== ctime) return false
    if (ctime > newest) newest = ctime
  }
  return Number(newest / 1_000_000n) < begun - CLOCK_STEP_MS || isAsLaid(place, parts)
}

function isAsLaid(place: string, parts: readonly HeldPart[]): boolean {
  const children = new Map<string, number>([
    ['.', 1],
    ['workspace', 0],
  ])
  for (const path of pathsOf(parts).slice(2))
    children.set(dirname(path), (children.get(dirname(path)) ?? 0) + 1)
  const isSame = (part: HeldPart): boolean => {
    const path = join(place, 'workspace', part.path)
    if (part.kind === 'file') return readFileSync(path).equals(part.content)
    return part.kind === 'folder' || readlinkSync(path) === part.target
  }
  try {
    if (![...children].every(([path, count]) => readdirSync(join(place, path)).length === count)) return false
    return parts.every(isSame)
  } catch {
    return false
  }
}

function pathsOf(parts: readonly HeldPart[]): readonly string[] {
  return ['.', 'workspace', ...parts.map(({ path }) => `workspace/${path}`)]
}

function stampOf(place: string, path: string): BigIntStats | undefined {
  return lstatSync(join(place, path), { bigint: true, throwIfNoEntry: false })
}
