import { type Bytes, formatPercent, formatSize } from '../../core/index.ts'
import type { PackStats } from '../../registry/index.ts'
import type { Packed } from '../commands/pack.ts'
import { table } from '../output/table.ts'

/** What it says of how pieces are stored. */
const WAYS = {
  planes: 'numbers, by their bytes',
  delta: 'difference to the base',
  zstd: 'zstd',
  raw: 'as it is',
} as const

export function describePacked({ file, size, output, packSize, seconds, digest, stats }: Packed): string {
  const part = size > 0 ? ` (${formatPercent(packSize / size, 1)})` : ''
  const first = `${file}: ${formatSize(size)} → ${output}: ${formatSize(packSize)}${part} in ${seconds} s`
  return [first, digest, ...(stats ? [waysOf(stats)] : [])].join('\n')
}

function waysOf({ encodings, reusedBytes, packSize, pieces }: PackStats): string {
  const ways = Object.entries(WAYS).flatMap(([way, words]) => {
    const { pieces, length, stored } = encodings[way as keyof typeof WAYS]
    return pieces > 0 ? [rowOf(words, pieces, length, stored)] : []
  })
  const all = Object.values(encodings)
  const reused = pieces - all.reduce((sum, way) => sum + way.pieces, 0)
  const records = packSize - all.reduce((sum, { stored }) => sum + stored, 0)
  return table(
    ['', 'pieces', 'bytes', 'stored'],
    [
      ...(reused > 0 ? [rowOf('the same again', reused, reusedBytes, 0)] : []),
      ...ways,
      ['records', '', '', formatSize(records)],
    ],
  )
}

function rowOf(way: string, pieces: number, length: Bytes, stored: Bytes): readonly string[] {
  return [way, String(pieces), formatSize(length), formatSize(stored)]
}
