/** A hull with its ballast, low down. */
export function Logo({ size = 22 }: { readonly size?: number }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" width={size} height={size}>
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path
        d="M8 8v9a8 8 0 0 0 16 0V8"
        fill="none"
        strokeWidth="2.5"
        strokeLinecap="round"
        className="stroke-accent-ink"
      />
      <path d="M11.5 17.5h9a4.5 4.5 0 0 1-9 0Z" className="fill-accent-ink" />
    </svg>
  )
}
