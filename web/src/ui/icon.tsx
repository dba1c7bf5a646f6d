/** Strokes on a 16 × 16 field. */
const PATHS = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4 4l8 8M12 4l-8 8',
  alert: 'M8 3v6M8 12v.5',
  question: 'M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.3v.2',
  pause: 'M6 4v8M10 4v8',
  stop: 'M5 5h6v6H5z',
  skip: 'M4 8h8',
  dots: 'M4 8h.01M8 8h.01M12 8h.01',
  circle: 'M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  spinner: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  up: 'M3.5 10.5L8 6l4.5 4.5',
  undo: 'M6 3.5L3 6.5l3 3M3.5 6.5H10a3 3 0 0 1 0 6H7',
  shield: 'M8 2.5l5 2v3.2c0 2.8-2 4.8-5 5.8M3 4.500l3 -1.2M3 7.700c0 1.6.700 3 1.800 4M3 3l10 10',
  copy: 'M6 6h7v7H6zM3 10V3h7',
  download: 'M8 3v7M5 7.500l3 3 3-3M3.500 13h9',
  plus: 'M8 3.500v9M3.500 8h9',
  branch:
    'M5 4.500v7M11 5.500c0 3-6 2-6 5M5 3a1.500 1.500 0 1 0 0 .01M11 4a1.500 1.500 0 1 0 0 .01M5 13a1.500 1.500 0 1 0 0 .01',
  chevron: 'M6 3.500L10.500 8 6 12.500',
} as const

export type IconName = keyof typeof PATHS

/** Always beside its text, so hidden from those who hear the page. */
export function Icon({ name, size = 14 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'dots' ? 2.4 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${name === 'spinner' ? 'spin' : ''}`}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
