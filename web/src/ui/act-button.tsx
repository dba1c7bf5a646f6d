import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Problem } from './problem.tsx'

interface ActButtonProps {
  readonly act: () => Promise<unknown>
  readonly children: ReactNode
}

/** Does what takes nothing away, at once; what the server says against it is shown beside it. */
export function ActButton({ act, children }: ActButtonProps) {
  const acting = useMutation({ mutationFn: act })
  return (
    <>
      {acting.error && <Problem error={acting.error} />}
      <Button disabled={acting.isPending} onClick={() => acting.mutate()}>
        {children}
      </Button>
    </>
  )
}
