import { DEFAULT_PRIORITY } from '../engine/batching/index.ts'
import { headerOf } from '../frames/index.ts'

/**
 * The level by which a request waits, 1 first. The frame's `priority` is its gateway's word. Without it the body may ask
 * for itself; before what asks for nothing it goes only as far as the gateway lets its caller (`priority-cap`).
 */
export function priorityOf(headers: string, asked: number | undefined): number {
  const said = levelOf(headerOf(headers, 'priority'))
  if (said > 0) return said
  if (asked === undefined || asked <= 0) return DEFAULT_PRIORITY
  const best = levelOf(headerOf(headers, 'priority-cap'))
  return Math.max(asked, best > 0 ? best : DEFAULT_PRIORITY)
}

/** 0 where there is none. */
function levelOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0
}
