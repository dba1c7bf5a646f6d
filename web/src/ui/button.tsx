import type { ComponentProps } from 'react'

const LOOKS = {
  main: 'bg-accent text-accent-ink border-transparent hover:brightness-110',
  plain: 'bg-surface text-ink border-line hover:bg-raised',
  danger: 'bg-surface text-bad border-line hover:bg-bad-bg',
  dangerMain: 'bg-bad text-white dark:text-black border-transparent hover:brightness-110',
  bare: 'bg-transparent text-soft border-transparent hover:bg-raised hover:text-ink',
} as const

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: keyof typeof LOOKS
}

export function Button({ look = 'plain', className = '', type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={`inline-flex items-center justify-center gap-1.5 rounded-md border px-2.5 py-1 text-sm font-medium whitespace-nowrap disabled:cursor-not-allowed disabled:opacity-50 ${LOOKS[look]} ${className}`}
      {...rest}
    />
  )
}
