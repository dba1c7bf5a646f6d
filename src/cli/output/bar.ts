const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const HEIGHTS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const ASCII_HEIGHTS = [' ', '.', '.', ':', ':', '|', '|', '#', '#'] as const

/** Whether the terminal shows more than ASCII, by the locale as programs set it. */
export function hasUnicode(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  if (env['TERM'] === 'dumb' || env['TERM'] === 'linux') return false
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return /utf-?8/i.test(locale) || process.platform === 'darwin'
}

/** A bar of `part` (0 to 1) of `width` characters, to an eighth of one; what is more than nothing shows. */
export function bar(part: number, width: number, unicode: boolean): string {
  const clipped = Math.min(1, Math.max(0, part))
  if (!unicode) return '#'.repeat(clipped > 0 ? Math.max(1, Math.round(clipped * width)) : 0)
  const eighths = clipped > 0 ? Math.max(1, Math.round(clipped * width * 8)) : 0
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!
}

/** A line of columns, one for each value, the highest full: `▁▃█▅`. */
export function sparkline(values: readonly number[], unicode: boolean): string {
  const most = values.reduce((max, value) => Math.max(max, value), 0)
  const heights = unicode ? HEIGHTS : ASCII_HEIGHTS
  return values
    .map(value =>
      most > 0 && value > 0 ? heights[Math.max(1, Math.round((value / most) * 8))]! : heights[0],
    )
    .join('')
}
