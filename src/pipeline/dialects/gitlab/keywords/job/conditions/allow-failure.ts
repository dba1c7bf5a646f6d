import type { AllowFailure } from '../../../types.ts'
import { oneOrMore } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { flag, integer } from '../../reader/scalars.ts'
import { required, struct } from '../../reader/struct.ts'

const MAX_CODES = 256

/** Windows has codes of 32 bits. */
const MAX_CODE = 0xffff_ffff

/** What a process can end with. */
export const exitCodes: Reader<readonly number[]> = oneOrMore(integer(0, MAX_CODE), MAX_CODES, 1)

export const allowFailure: Reader<AllowFailure> = byKind<boolean, never, { exitCodes: readonly number[] }>({
  scalar: flag(),
  map: refine(struct({ what: 'allow_failure', fields: { exit_codes: required(exitCodes) } }), read => ({
    exitCodes: read.exit_codes,
  })),
})
