import { InferenceError } from '../../errors.ts'

export function unavailable(digest: string, reason: string, cause?: unknown): InferenceError {
  return new InferenceError('BLOB_UNAVAILABLE', {
    message: `Could not fetch ${digest}: ${reason}`,
    hint: 'It is tried again; the control plane may be away.',
    cause,
  })
}

export function mismatch(digest: string, size: number, found: string): InferenceError {
  return new InferenceError('BLOB_MISMATCH', {
    message: `Expected ${digest} of ${size} bytes, received ${found}`,
    hint: 'The download was discarded and is tried again; check the store of the control plane.',
    details: { digest, size },
  })
}

export function badName(name: string): InferenceError {
  return new InferenceError('SPEC_INVALID', {
    message: `A version's file is named '${name}', which is no name inside its folder`,
    hint: 'Register the version anew.',
  })
}
