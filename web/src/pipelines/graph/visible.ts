import { type RefObject, useEffect, useState } from 'react'

/** Drawn on each side of what is seen, so that scrolling shows no hole; and how far one scrolls before it changes. */
const AROUND = 600
const STEP = 300

export interface Visible {
  readonly isSeen: (left: number, top: number, right: number, bottom: number) => boolean
}

/** Which part of a box that scrolls is in view, or near. A box is never larger than the window. */
export function useVisible(box: RefObject<HTMLElement | null>): Visible {
  const [at, setAt] = useState({ x: 0, y: 0 })
  useEffect(() => {
    const element = box.current
    if (!element) return
    const look = () => {
      const x = Math.floor(element.scrollLeft / STEP) * STEP
      const y = Math.floor(element.scrollTop / STEP) * STEP
      setAt(before => (before.x === x && before.y === y ? before : { x, y }))
    }
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [box])
  return {
    isSeen(left, top, right, bottom) {
      const { innerWidth, innerHeight } = window
      return (
        right > at.x - AROUND &&
        left < at.x + innerWidth + AROUND &&
        bottom > at.y - AROUND &&
        top < at.y + innerHeight + AROUND
      )
    },
  }
}
