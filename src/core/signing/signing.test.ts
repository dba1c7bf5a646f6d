import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { authenticated, envelopeOf, payloadOf, signerOf, signPayload } from './envelope.ts'
import { makeSigningKey, publicKeyOf, readPublicKeys } from './keys.ts'

const TYPE = 'application/vnd.ballast.test+json'

/** A key, and an envelope of a text that it signed. */
function signed(text = 'hello world') {
  const { publicJwk, privateKey } = makeSigningKey()
  const signature = signPayload({ id: publicJwk.kid, privateKey }, TYPE, text)
  return { key: publicKeyOf(publicJwk), publicJwk, envelope: envelopeOf(TYPE, text, [signature]) }
}

describe('an envelope', () => {
  // The example of the DSSE protocol, 1.0.0, "Test Vectors": its encoding, and its signature (ECDSA over P-256).
  test('is encoded before it is signed as the specification shows', () => {
    const body = Buffer.from('aGVsbG8gd29ybGQ=', 'base64')
    const bytes = authenticated('http://example.com/HelloWorld', body)
    expect(bytes.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
    const coordinate = (decimal: bigint) =>
      Buffer.from(decimal.toString(16).padStart(64, '0'), 'hex').toString('base64url')
    const x = coordinate(46950820868899156662930047687818585632848591499744589407958293238635476079160n)
    const y = coordinate(5640078356564379163099075877009565129882514886557779369047442380624545832820n)
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
    const sig = 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=='
    expect(verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(sig, 'base64'))).toBe(true)
  })

  test('counts bytes, not letters', () => {
    expect(authenticated('é', Buffer.from('数字')).toString()).toBe('DSSEv1 2 é 6 数字')
  })

  test('tells who signed it, in either alphabet of base64', () => {
    const { key, envelope } = signed('数字'.repeat(50))
    expect(payloadOf(envelope)?.toString()).toBe('数字'.repeat(50))
    expect(signerOf(envelope, [signed().key, key])).toBe(key)
    const url = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    const [signature] = envelope.signatures
    const other = {
      ...envelope,
      payload: url(envelope.payload),
      signatures: [{ keyid: '', sig: url(signature!.sig) }],
    }
    expect(signerOf(other, [key])).toBe(key)
  })

  test.each([
    ['another payload', { payload: Buffer.from('hello earth').toString('base64') }],
    ['another type', { payloadType: 'application/json' }],
    ['no signature', { signatures: [] }],
    ['a payload that is not base64', { payload: 'hello world!' }],
    ['a signature that is too short', { signatures: [{ keyid: 'x', sig: 'AAAA' }] }],
    ['a signature that is not base64', { signatures: [{ keyid: 'x', sig: '!' }] }],
  ])('is signed by nobody with %s', (_, change) => {
    const { key, envelope } = signed()
    expect(signerOf({ ...envelope, ...change }, [key])).toBeUndefined()
  })
})

describe('keys', () => {
  test('have the thumbprint that RFC 8037 shows', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    expect(publicKeyOf({ kty: 'OKP', crv: 'Ed25519', x }).id).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    )
  })

  test('are read from PEM, a JSON Web Key, and a set', () => {
    const { key, publicJwk, envelope } = signed()
    const pem = key.key.export({ format: 'pem', type: 'spki' }).toString()
    for (const text of [
      pem,
      JSON.stringify(publicJwk),
      JSON.stringify({ keys: [signed().publicJwk, publicJwk] }),
    ]) {
      const keys = readPublicKeys(text)
      expect(signerOf(envelope, keys)?.id).toBe(key.id)
    }
  })

  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  test.each([
    [
      'an RSA key',
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .publicKey.export({ format: 'pem', type: 'spki' })
        .toString(),
      'RSA',
    ],
    ['a private key in PEM', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'a private key'],
    ['a private JSON Web Key', JSON.stringify(privateKey.export({ format: 'jwk' })), 'a private key'],
    ['a key that was cut', JSON.stringify({ ...publicKey.export({ format: 'jwk' }), x: 'AAAA' }), ''],
    ['something else', 'hello', 'JSON'],
    ['a number', '{"keys":[7]}', '7'],
    ['too much', ' '.repeat(2 << 20), 'at most'],
  ])('%s is refused', (_, text, found) => {
    expect(() => readPublicKeys(text)).toThrow(
      expect.objectContaining({ code: 'KEY_UNREADABLE', message: expect.stringContaining(found) }),
    )
  })
})
