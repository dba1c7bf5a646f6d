import { useSyncExternalStore } from 'react'
import { useI18n } from '../i18n/index.tsx'

/** One clock for the whole page. */
const EVERY_MS = 1000
/** A server's clock may be ahead of this one; what has happened is not shown as yet to come. */
const MAX_SKEW_MS = 60_000
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, EVERY_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function useShown(show: (now: number) => string): string {
  return useSyncExternalStore(subscribe, () => show(now))
}

/** "2 min. ago", with the exact time on it. */
export function Ago({ at }: { readonly at: string }) {
  const { format } = useI18n()
  const then = Date.parse(at)
  const text = useShown(time => format.ago(at, then > time && then - time < MAX_SKEW_MS ? then : time))
  return (
    <time dateTime={at} title={format.dateTime(at)}>
      {text}
    </time>
  )
}

/** How long something took, or has taken so far. */
export function Elapsed({ from, to }: { readonly from: string; readonly to: string | null }) {
  const { format } = useI18n()
  const text = useShown(time => {
    const ms = Math.max(0, (to ? Date.parse(to) : time) - Date.parse(from))
    return format.duration(to ? ms : Math.floor(ms / 1000) * 1000)
  })
  return <span className="tabular">{text}</span>
}
