const LEVELS = '▁▂▃▄▅▆▇█'

/**
 * Counts as a bar of `width` characters, the largest as a full one. Where there are more or fewer counts than
 * characters, each counts as spread evenly over its part of the width. No counts make an empty bar.
 *
 *   barOf([1, 4, 8, 4, 1], 5)    ▁▄█▄▁
 */
export function barOf(counts: readonly number[], width: number): string {
  if (counts.length === 0) return ''
  const heights = Array.from({ length: width }, (_, i) => {
    const from = (i / width) * counts.length
    return between(counts, from, ((i + 1) / width) * counts.length)
  })
  const highest = Math.max(...heights)
  return heights.map(height => LEVELS[levelOf(height, highest)]).join('')
}

function levelOf(height: number, highest: number): number {
  return highest > 0 ? Math.max(0, Math.ceil((height / highest) * LEVELS.length - 1e-9) - 1) : 0
}

/** What lies between two places, where each count takes the width 1. */
function between(counts: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let i = Math.floor(from); i < Math.min(counts.length, to); i++)
    sum += counts[i]! * (Math.min(i + 1, to) - Math.max(i, from))
  return sum
}
