import type { Form } from './pareto.ts'

export const WIDTH = 460
export const HEIGHT = 260
/** Where figures are drawn; the rest is for ticks and words. */
export const AREA = { left: 48, top: 12, right: WIDTH - 12, bottom: HEIGHT - 36 } as const
/** Above the greatest figure, so that no dot stands on the edge. */
const ROOM = 1.12
const MAX_TICKS = 5
const LABEL_HEIGHT = 14
/** Of one letter, in the size that labels are drawn in: an estimate, for room alone. */
const LETTER_WIDTH = 6.2
const LABEL_GAP = 11

export interface Axis {
  /** Figure at the far end; the near one is zero. */
  readonly end: number
  readonly ticks: readonly number[]
}

export interface Dot {
  readonly form: Form
  readonly x: number
  readonly y: number
  readonly label: { readonly x: number; readonly y: number; readonly anchor: 'start' | 'end' }
}

/** From zero, so that half the size is half the way. */
export function axisTo(greatest: number): Axis {
  const end = (Number.isFinite(greatest) && greatest > 0 ? greatest : 1) * ROOM
  const step = roundStep(end / MAX_TICKS)
  const ticks = Array.from({ length: Math.floor(end / step) }, (_, i) => (i + 1) * step)
  return { end, ticks }
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map(times => times * power).find(step => step >= least * (1 - 1e-9))!
}

export function placeX(axis: Axis, bytes: number): number {
  return AREA.left + (bytes / axis.end) * (AREA.right - AREA.left)
}

export function placeY(axis: Axis, slowness: number): number {
  return AREA.bottom - (slowness / axis.end) * (AREA.bottom - AREA.top)
}

/** Each form's dot, and its label beside it: on the left where it would leave the picture, lower where one stands. */
export function placeDots(
  forms: readonly Form[],
  axes: { readonly x: Axis; readonly y: Axis },
  labelOf: (form: Form) => string,
): readonly Dot[] {
  const taken: { from: number; to: number; y: number }[] = []
  const dots = forms.map(form => ({ form, x: placeX(axes.x, form.bytes), y: placeY(axes.y, form.slowness) }))
  return dots
    .toSorted((a, b) => a.y - b.y)
    .map(({ form, x, y }) => {
      const width = labelOf(form).length * LETTER_WIDTH
      const anchor = x + LABEL_GAP + width > AREA.right ? 'end' : 'start'
      const from = anchor === 'start' ? x + LABEL_GAP : x - LABEL_GAP - width
      const [, to] = [from, from + width]
      let at = y
      const stands = () =>
        taken.some(other => from < other.to && to > other.from && Math.abs(at - other.y) < LABEL_HEIGHT)
      while (stands()) at += LABEL_HEIGHT
      taken.push({ from, to, y: at })
      return { form, x, y, label: { x: anchor === 'start' ? from : to, y: at, anchor } }
    })
}
