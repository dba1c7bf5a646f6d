import { memo, type ReactNode } from 'react'
import type { AnsiStyle, Piece } from './ansi.ts'

interface LogRowProps {
  /** From one; none where the row is no line. */
  readonly number: number | undefined
  readonly top: number
  readonly height: number
  /** When it came; undefined where that is not shown. */
  readonly time: { readonly text: string; readonly title: string } | undefined
  readonly children: ReactNode
}

export function LogRowView({ number, top, height, time, children }: LogRowProps) {
  return (
    <div
      className="absolute left-0 flex min-w-full px-3 whitespace-pre hover:bg-raised"
      style={{ top, height, lineHeight: `${height}px` }}
    >
      <span aria-hidden="true" className="tabular mr-3 w-10 shrink-0 text-right text-soft/70 select-none">
        {number}
      </span>
      {time && (
        <span title={time.title} className="tabular mr-4 w-20 shrink-0 text-right text-soft select-none">
          {time.text}
        </span>
      )}
      {children}
    </div>
  )
}

/** Text only ever becomes text: nothing in a log is read as markup. */
export const Pieces = memo(function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return pieces.map(({ text, style }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line have no other name
    <span key={index} className={classOf(style)} style={colorOf(style)}>
      {text}
    </span>
  ))
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
