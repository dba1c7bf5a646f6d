import { CoreError, diskFull, messageOf } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import type { WireError } from './messages.ts'

export function wireOf(error: unknown): WireError {
  const full = error instanceof CoreError ? undefined : diskFull(error, 'a file')
  if (full ?? (error instanceof CoreError && error.code === 'DISK_FULL'))
    return { kind: 'disk-full', message: messageOf(full ?? error) }
  if (!(error instanceof RegistryError)) return { kind: 'other', message: messageOf(error) }
  const { code, message, hint, details } = error
  return { kind: 'registry', code, message, details, ...(hint !== undefined && { hint }) }
}

export function errorOf({ kind, code, message, hint, details }: WireError): Error {
  if (kind === 'disk-full')
    return new CoreError('DISK_FULL', { message, hint: 'Free some space on that disk and try again.' })
  if (code === undefined) return new Error(message)
  return new RegistryError(code, { message, ...(hint && { hint }), ...(details && { details }) })
}
