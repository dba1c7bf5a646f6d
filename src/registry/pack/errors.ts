import { BallastError, type Digest } from '../../core/index.ts'
import { RegistryError } from '../errors.ts'

const HINT =
  'Run `ballast registry fsck`: it says what needs it, and repairs it where the bytes exist elsewhere. A file of your own: make or fetch it again.'

/** PACK_CORRUPT: `what` is wrong in the pack `pack`. */
export function corrupt(
  pack: string,
  what: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): RegistryError {
  return new RegistryError('PACK_CORRUPT', {
    message: `The pack ${pack.slice(0, 200)} is damaged: ${what}`,
    hint: HINT,
    details: { pack, ...details },
    ...(cause !== undefined && { cause }),
  })
}

/** The same, said of an object that needs a chunk of the pack. Other errors stay as they are. */
export function forObject(error: unknown, object: Digest): unknown {
  if (!(error instanceof BallastError) || error.code !== 'PACK_CORRUPT' || 'object' in error.details)
    return error
  return new RegistryError('PACK_CORRUPT', {
    message: `${error.message}; the object ${object} can't be read`,
    hint: HINT,
    details: { ...error.details, object },
    cause: error,
  })
}
