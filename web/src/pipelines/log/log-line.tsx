import { memo } from 'react'
import type { AnsiStyle } from './ansi.ts'
import type { LogLine } from './decoder.ts'

interface LogLineProps {
  readonly line: LogLine
  readonly number: number
  readonly top: number
  readonly height: number
}

/** Text only ever becomes text: nothing in a log is read as markup. */
export const LogLineView = memo(function LogLineView({ line, number, top, height }: LogLineProps) {
  return (
    <div
      className="absolute left-0 flex px-3 whitespace-pre hover:bg-raised"
      style={{ top, height, lineHeight: `${height}px` }}
    >
      <span aria-hidden="true" className="tabular mr-3 w-10 shrink-0 text-right text-soft/70 select-none">
        {number}
      </span>
      <span>
        {line.map(({ text, style }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line have no other name
          <span key={index} className={classOf(style)} style={colorOf(style)}>
            {text}
          </span>
        ))}
      </span>
    </div>
  )
})

function classOf({ color, bold, dim, italic, underline }: AnsiStyle): string | undefined {
  const names = [
    typeof color === 'number' && `ansi-${color}`,
    bold && 'ansi-bold',
    dim && 'ansi-dim',
    italic && 'ansi-italic',
    underline && 'ansi-underline',
  ]
  return names.filter(Boolean).join(' ') || undefined
}

function colorOf({ color }: AnsiStyle): { color: string } | undefined {
  // Towards the ink, so that a colour chosen for a black terminal is legible on white and the other way round.
  return typeof color === 'string'
    ? { color: `color-mix(in oklab, ${color} 60%, var(--color-ink))` }
    : undefined
}
