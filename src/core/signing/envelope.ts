import { createPrivateKey, sign, verify } from 'node:crypto'
import type { PublicKey } from './keys.ts'

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

export interface EnvelopeSignature {
  /** A hint by which key; nothing is decided by it. */
  readonly keyid: string
  /** Base64. */
  readonly sig: string
}

/**
 * What was signed, with its signatures: a DSSE envelope, version 1 (Dead Simple Signing Envelope), which other tools
 * check as well.
 */
export interface Envelope {
  /** Base64. */
  readonly payload: string
  readonly payloadType: string
  readonly signatures: readonly EnvelopeSignature[]
}

/**
 * The pre-authentication encoding: what is signed in place of type and body, so that no other type and body have the
 * same bytes. Lengths are those of bytes.
 *
 *   DSSEv1 29 http://example.com/HelloWorld 11 hello world
 */
export function authenticated(payloadType: string, body: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `
  return Buffer.concat([Buffer.from(head), body])
}

/** By an Ed25519 key, PKCS #8 in PEM. */
export function signPayload(
  key: { readonly id: string; readonly privateKey: string },
  payloadType: string,
  payload: string,
): EnvelopeSignature {
  const bytes = authenticated(payloadType, Buffer.from(payload))
  const sig = sign(null, bytes, createPrivateKey(key.privateKey)).toString('base64')
  return { keyid: key.id, sig }
}

export function envelopeOf(
  payloadType: string,
  payload: string,
  signatures: readonly EnvelopeSignature[],
): Envelope {
  return { payload: Buffer.from(payload).toString('base64'), payloadType, signatures }
}

/** The bytes that it holds; undefined where they are not base64. */
export function payloadOf({ payload }: Envelope): Buffer | undefined {
  return BASE64.test(payload) ? Buffer.from(payload, 'base64') : undefined
}

/** The first of the keys that signed it, as what its type says. */
export function signerOf(envelope: Envelope, keys: readonly PublicKey[]): PublicKey | undefined {
  const body = payloadOf(envelope)
  if (body === undefined) return undefined
  const bytes = authenticated(envelope.payloadType, body)
  const signatures = envelope.signatures.filter(({ sig }) => BASE64.test(sig))
  return keys.find(({ key }) =>
    signatures.some(({ sig }) => verify(null, bytes, key, Buffer.from(sig, 'base64'))),
  )
}
