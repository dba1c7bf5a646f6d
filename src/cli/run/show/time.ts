import type { Milliseconds } from '../../../core/index.ts'

/** `0.03 s`, `4.2 s`, `1 min 05 s`, `2 h 03 min`: the same width within each range. */
export function shortTime(time: Milliseconds): string {
  if (time < 9950) return `${(time / 1000).toFixed(time < 995 ? 2 : 1)} s`
  const seconds = Math.round(time / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

function two(n: number): string {
  return `${n}`.padStart(2, '0')
}
