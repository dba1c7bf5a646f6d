import { InferenceError } from '../../../errors.ts'
import { refuse } from '../../../protocols/index.ts'
import { versionOfText } from '../request.ts'

const MAX_TIMEOUT_MS = 600_000
/** Milliseconds of gRPC's units of time. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Milliseconds of `grpc-timeout`: up to eight digits and a unit. Throws REQUEST_INVALID. */
export function grpcTimeout(text: string): number {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) {
    throw refuse(`grpc-timeout is '${text.slice(0, 40)}'`, 'Up to eight digits and one of H, M, S, m, u, n.')
  }
  return Math.min(Number(digits) * UNITS[unit]!, MAX_TIMEOUT_MS)
}

/** `grpc-message`: UTF-8 with everything but printable ASCII, and the percent sign, in percent encoding. */
export function encodedMessage(text: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(text)) return text
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

/** A version as a message names it; undefined where it names none. Throws VERSION_UNKNOWN. */
export function versionNamed(text: string): number | undefined {
  if (text === '') return undefined
  const version = versionOfText(text)
  if (version !== undefined) return version
  throw new InferenceError('VERSION_UNKNOWN', {
    message: `There is no version '${text.slice(0, 40)}'; versions are numbers`,
    hint: 'Leave the version out to reach the one in production.',
  })
}
