import { type ReactNode, useId } from 'react'

interface PanelProps {
  readonly title: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  /** Without padding, for tables. */
  readonly flush?: boolean
}

export function Panel({ title, aside, children, flush = false }: PanelProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="rounded-lg border border-line bg-surface">
      <header className="flex min-h-10 flex-wrap items-center justify-between gap-2 border-b border-line px-3 py-1.5">
        <h2 id={id} className="flex flex-wrap items-center gap-2 text-sm font-semibold">
          {title}
        </h2>
        {aside && <div className="flex flex-wrap items-center gap-2 text-sm text-soft">{aside}</div>}
      </header>
      <div className={flush ? 'overflow-x-auto' : 'p-3'}>{children}</div>
    </section>
  )
}

interface PageHeadProps {
  readonly title: ReactNode
  readonly sub?: ReactNode
  readonly actions?: ReactNode
}

export function PageHead({ title, sub, actions }: PageHeadProps) {
  return (
    <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0">
        <h1 className="flex flex-wrap items-center gap-2 text-xl font-semibold tracking-tight">{title}</h1>
        {sub && (
          <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft">{sub}</div>
        )}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  )
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="rounded-lg border border-dashed border-line bg-surface p-6">
      <h2 className="text-base font-semibold">{title}</h2>
      {children && <div className="mt-2 space-y-3 text-soft">{children}</div>}
    </div>
  )
}
