import type { Caller } from '../access/authenticate.ts'
import type { Services } from '../services.ts'
import type { EventStream } from './sse.ts'

/** A revoked or expired token reads on for this long at most. */
const CHECK_MS = 5_000

/** Closes a stream when the token that it was opened with has ended. Returns what stops looking. */
export function whileValid(
  { authenticator }: Pick<Services, 'authenticator'>,
  caller: Caller,
  stream: Pick<EventStream, 'close'>,
): () => void {
  const timer = setInterval(() => {
    authenticator.isValid(caller).then(
      valid => valid || stream.close(),
      () => stream.close(),
    )
  }, CHECK_MS)
  return () => clearInterval(timer)
}
