import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { messageOf } from '../core/index.ts'
import { InferenceError } from './errors.ts'

type Compression = 'gzip' | 'deflate'

const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

/**
 * Bytes that a client compressed, never more than `maxBytes` of them, whatever they claim. `what` names them in
 * errors, such as 'body'. Throws REQUEST_INVALID, BODY_TOO_LARGE.
 */
export async function inflateBounded(
  bytes: Buffer,
  compression: Compression,
  what: string,
  maxBytes: number,
): Promise<Buffer> {
  try {
    return await INFLATE[compression](bytes, { maxOutputLength: maxBytes })
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InferenceError('BODY_TOO_LARGE', {
        message: `The ${what} has more than ${maxBytes} bytes, uncompressed`,
        hint: 'Send fewer examples at once.',
      })
    }
    throw new InferenceError('REQUEST_INVALID', {
      message: `The ${what} is no ${compression}: ${messageOf(cause)}`,
      hint: 'Its header names the compression; leave both out, or use gzip or deflate.',
    })
  }
}
