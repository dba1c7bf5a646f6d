import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MASK, Masker, type SecretForm } from './masker.ts'
import { secretForms } from './secrets.ts'

/** The plain way: marks every byte of every occurrence in the whole, then writes. */
function maskWhole(text: Buffer, secrets: readonly Buffer[]): string {
  const begins = new Array<number>(text.length).fill(0)
  for (const secret of secrets) {
    if (secret.length === 0) continue
    for (let at = 0; at + secret.length <= text.length; at++) {
      if (text.subarray(at, at + secret.length).equals(secret))
        begins[at] = Math.max(begins[at]!, secret.length)
    }
  }
  let [out, covered] = ['', 0]
  for (let at = 0; at < text.length; at++) {
    if (begins[at]! > 0) {
      if (at >= covered) out += MASK.toString('latin1')
      covered = Math.max(covered, at + begins[at]!)
    }
    if (at >= covered) out += text.toString('latin1', at, at + 1)
  }
  return out
}

function maskPieces(pieces: readonly Buffer[], secrets: readonly (Buffer | SecretForm)[]): string {
  const masker = new Masker(secrets)
  return Buffer.concat([...pieces.map(piece => masker.push(piece)), masker.end()]).toString('latin1')
}

// Two letters only, so that secrets begin, repeat and overlap everywhere.
const text = fc
  .array(fc.constantFrom('a', 'b'), { maxLength: 60 })
  .map(letters => Buffer.from(letters.join('')))
const secret = fc
  .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 7 })
  .map(letters => Buffer.from(letters.join('')))

describe('a masker', () => {
  test('gives the same for every way to cut the stream', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 12 }),
        fc.array(secret, { maxLength: 4 }),
        (pieces, secrets) => {
          expect(maskPieces(pieces, secrets)).toBe(maskWhole(Buffer.concat(pieces), secrets))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('leaves no secret behind, where none contains the mask’s own letters', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 12 }),
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        (pieces, secrets) => {
          const rests = maskPieces(pieces, secrets).split(MASK.toString())
          for (const rest of rests)
            for (const hidden of secrets) expect(rest).not.toContain(hidden.toString())
        },
      ),
    )
  })

  test('holds back only what may be the beginning of a secret', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        (lengths, begin) => {
          const masker = new Masker([Buffer.from(`${'a'.repeat(begin)}!`)])
          let [taken, given] = [0, 0]
          for (const length of lengths) {
            taken += length
            given += masker.push(Buffer.from('a'.repeat(length))).length
            expect(taken - given).toBe(Math.min(taken, begin))
          }
          expect(masker.push(Buffer.from('\n')).length).toBe(taken - given + 1)
        },
      ),
    )
    expect(new Masker([Buffer.from('secret')]).push(Buffer.from('a line\n')).toString()).toBe('a line\n')
    expect(new Masker([Buffer.from('secret')]).push(Buffer.from('a secr')).toString()).toBe('a ')
  })

  test.each([
    { secrets: ['abc', 'bcd'], text: 'xabcdx', masked: 'x[redacted]x' },
    { secrets: ['abc'], text: 'abcabc', masked: '[redacted][redacted]' },
    { secrets: ['ab', 'abcd'], text: 'abcd abc', masked: '[redacted] [redacted]c' },
    { secrets: ['aa'], text: 'aaaaa', masked: '[redacted]' },
    { secrets: [], text: 'all of it', masked: 'all of it' },
  ])('$secrets in $text', ({ secrets, text, masked }) => {
    const buffers = secrets.map(secret => Buffer.from(secret))
    expect(maskPieces([Buffer.from(text)], buffers)).toBe(masked)
    expect(
      maskPieces(
        [...text].map(letter => Buffer.from(letter)),
        buffers,
      ),
    ).toBe(masked)
  })
})

describe('forms of a secret', () => {
  const mask = (text: string, ...secrets: string[]): string =>
    maskPieces([Buffer.from(text)], secretForms(secrets))

  test('base64 hides it wherever it stands in what was encoded', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ minLength: 12, unit: 'binary' }),
        fc.string(),
        (before, secret, after) => {
          for (const encoding of ['base64', 'base64url'] as const) {
            const encoded = Buffer.from(before + secret + after).toString(encoding)
            expect(mask(encoded, secret)).toContain('[redacted]')
          }
        },
      ),
    )
  })

  test('text that was wrapped hides it too, wherever it stands, but for a few characters before a line’s end', () => {
    const wrappings = fc.record({
      width: fc.integer({ min: 40, max: 80 }),
      gap: fc.constantFrom('\n', '\r\n', '\n    '),
      encoding: fc.constantFrom('base64', 'base64url', 'hex'),
    })
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 90 }),
        fc.string({ minLength: 30, maxLength: 300, unit: 'binary-ascii' }),
        fc.uint8Array({ maxLength: 90 }),
        wrappings,
        (before, secret, after, { width, gap, encoding }) => {
          fc.pre(secret.trim() === secret)
          const encode = (...parts: Uint8Array[]) => Buffer.concat(parts).toString(encoding as BufferEncoding)
          const whole = encode(before, Buffer.from(secret), after)
          const text = whole.match(new RegExp(`.{1,${width}}`, 'g'))!.join(gap)
          const shown = mask(text, secret).replaceAll(/\s/g, '')
          // Of hexadecimal digits two, of base64 at most four characters are shared with neighbours.
          const own = whole.slice(
            Math.ceil((before.length * 8) / (encoding === 'hex' ? 4 : 6)),
            Math.floor(((before.length + Buffer.byteLength(secret)) * 8) / (encoding === 'hex' ? 4 : 6)),
          )
          for (let at = 16; at + 16 <= own.length; at += 16)
            expect(shown).not.toContain(own.slice(at, at + 16))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('wrapped text gives the same for every way to cut it, and a short line’s end never waits', () => {
    const secret = 'correct horse battery staple, and more of it'
    const lines = Buffer.from(`before ${secret} after`)
      .toString('base64')
      .match(/.{1,40}/g)!
    const text = Buffer.from(`log\n${lines.join('\n')}\nlog\n`)
    const forms = secretForms([secret])
    const whole = maskPieces([text], forms)
    expect(whole).toContain('[redacted]')
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((end, i) => text.subarray(places[i], end))
        expect(maskPieces(pieces, forms)).toBe(whole)
      }),
    )
    const masker = new Masker(forms)
    const begin = Buffer.from(secret).toString('base64').slice(0, 6)
    expect(masker.push(Buffer.from(`a line that ends in ${begin}\n`)).toString()).toBe(
      `a line that ends in ${begin}\n`,
    )
  })

  test('of many and long secrets, all alike, costs no more time than of one', () => {
    const alike = Array.from({ length: 50 }, (_, i) => 'a'.repeat(20_000 + i))
    const log = Buffer.from(`${'a'.repeat(19_999)}\n`.repeat(60))
    expect(maskPieces([log], secretForms(alike))).toBe(log.toString())
    expect(maskPieces([Buffer.from('a'.repeat(1_000_000))], secretForms(alike))).toBe('[redacted]')
  })

  test.each([
    [
      'a key file, line by line',
      '-----BEGIN\nMIIEvQIBADANBg\n-----END',
      '   | MIIEvQIBADANBg',
      '   | [redacted]',
    ],
    ['in JSON', 'quo"ted\\secret', '{"key":"quo\\"ted\\\\secret"}', '{"key":"[redacted]"}'],
    ['in JSON of Go', 'a&b<c>d', '{"key":"a\\u0026b\\u003cc\\u003ed"}', '{"key":"[redacted]"}'],
    ['in JSON of Python', 'pässw/ört', '{"key":"p\\u00e4ssw/\\u00f6rt"}', '{"key":"[redacted]"}'],
    [
      'in JSON within JSON',
      'quo"ted\\s',
      '"{\\"key\\":\\"quo\\\\\\"ted\\\\\\\\s\\"}"',
      '"{\\"key\\":\\"[redacted]\\"}"',
    ],
    ['as a word of a shell', "a b&'c'", "a\\ b\\&\\'c\\' x", '[redacted] x'],
    ['in a path by Python', 'a/b c+d', '/v1/a/b%20c%2Bd', '/v1/[redacted]'],
    ['in a path by Go', 'a/b c+d:e', '/v1/a%2Fb%20c+d:e', '/v1/[redacted]'],
    ['in a whole address', 'a b?c=d%', 'https://x/a%20b?c=d%25', 'https://x/[redacted]'],
    ['in a form by Java', 'a*b c', 'k=a*b+c', 'k=[redacted]'],
    ['in JSON of PHP', 'https://x/y', '{"key":"https:\\/\\/x\\/y"}', '{"key":"[redacted]"}'],
    ['in quotes of a shell', "it's me", "+ echo 'it'\\''s me'", "+ echo '[redacted]'"],
    ['in HTML', `<a b="c">'`, '&lt;a b=&quot;c&quot;&gt;&#39;', '[redacted]'],
    ['in a form', 'a b/c', 'key=a+b%2Fc&x', 'key=[redacted]&x'],
    ['in a URL of small letters', 'p@ss/word', 'p%40ss%2fword', '[redacted]'],
    ['in a strict URL', 'wow! (yes)', 'wow%21%20%28yes%29', '[redacted]'],
    ['in hexadecimal digits', 'pass', '70617373 70 61', '[redacted] 70 61'],
    ['in a URL', 'p@ss/word', 'https://me:p%40ss%2Fword@host', 'https://me:[redacted]@host'],
    ['with the line’s end that a file gave it', 'token-1234\n', 'is token-1234.', 'is [redacted].'],
    ['but not when it is too short to be one', 'no', 'no news', 'no news'],
  ])('%s', (_what, secret, text, masked) => {
    expect(mask(text, secret)).toBe(masked)
  })
})
