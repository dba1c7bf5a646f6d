import type { ReactNode } from 'react'

interface OutsideLinkProps {
  readonly url: string
  readonly children: ReactNode
}

/** An address that a job gave: a link where it leads to a page, else only its text. */
export function OutsideLink({ url, children }: OutsideLinkProps) {
  if (!/^https?:\/\//i.test(url)) return <span className="text-xs text-soft">{children}</span>
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer noopener"
      className="block max-w-xs truncate text-xs text-soft hover:underline"
    >
      {children}
    </a>
  )
}
