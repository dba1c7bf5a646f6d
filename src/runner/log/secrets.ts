import type { SecretForm } from './masker.ts'

/**
 * A value shorter than this is not hidden: masking every `1` or `no` would destroy the log and tell the value
 * by its gaps. Secrets are made longer than this by the control plane.
 */
const MIN_SECRET_BYTES = 4
/** A multi-line secret (a key file) is printed line by line: its lines are hidden too, when they are telling. */
const MIN_LINE_BYTES = 8
/** Of longer ones, files with keys, only the usual forms are looked for: each form costs 40 bytes of memory a byte. */
const MAX_RARE_BYTES = 4096
/** Shorter pieces of base64 occur by chance. */
const MIN_BASE64 = 8

/**
 * The forms in which secrets reach a log: as they are, trimmed, line by line, quoted for JSON, a shell or HTML,
 * percent-encoded, in hexadecimal digits, and in base64 (both alphabets) at each of the three places where they
 * may begin within a longer encoded text.
 */
export function secretForms(secrets: readonly string[]): readonly SecretForm[] {
  const plain = new Set<string>()
  const encoded = new Set<string>()
  for (const secret of secrets) {
    for (const value of [secret, secret.trim()]) {
      if (Buffer.byteLength(value) < MIN_SECRET_BYTES) continue
      for (const form of [value, ...quoted(value), ...percentEncoded(value)]) plain.add(form)
      for (const form of [...hexadecimal(value), ...base64Forms(Buffer.from(value))]) encoded.add(form)
    }
    for (const line of secret.split(/\r?\n/)) {
      if (Buffer.byteLength(line.trim()) >= MIN_LINE_BYTES) plain.add(line.trim())
    }
  }
  return [
    ...Array.from(plain, form => ({ bytes: Buffer.from(form), wraps: false })),
    ...Array.from(encoded, form => ({ bytes: Buffer.from(form), wraps: true })),
  ]
}

/** Within quotes of JSON (also as Go, PHP and Python write it, and in JSON once more), in a shell, and in HTML. */
function quoted(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const code = (character: string): string => `\\u00${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  const ascii = (text: string): string =>
    text.replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const again = (text: string): string => JSON.stringify(text).slice(1, -1)
  const rare = value.length <= MAX_RARE_BYTES
  const html = value.replace(/[&<>"']/g, character => `&${HTML[character]};`)
  return [
    json,
    json.replace(/[&<>]/g, code),
    json.replaceAll('/', '\\/'),
    ascii(json),
    ...(rare ? [again(json), again(ascii(json))] : []),
    value.replaceAll("'", `'\\''`),
    value.replace(/[^\w.,:+/@%=~\x80-\uffff-]/g, '\\$&'),
    html,
    html.replaceAll('&#39;', '&#x27;'),
  ]
}

const HTML: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": '#39',
}

/**
 * As JavaScript does it, as RFC 3986 wants it, and as forms do; as a whole address or a path of one (Python and
 * curl leave the slash, Go also what has no meaning there); with digits of both cases.
 */
function percentEncoded(value: string): string[] {
  let encoded: string
  try {
    encoded = encodeURIComponent(value)
  } catch {
    return [] // A lone surrogate has no percent-encoded form.
  }
  const strict = encoded.replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  const left = (characters: string): string =>
    strict.replace(/%[0-9A-F]{2}/g, code => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16))
      return characters.includes(character) ? character : code
    })
  const rare = value.length <= MAX_RARE_BYTES ? ['/', '$&+=:@', '$&+=:@/', '*'] : []
  const whole = [encoded, strict, encodeURI(value), ...rare.map(left)]
  const forms = whole.flatMap(form => [form, form.replaceAll('%20', '+')])
  return [...forms, ...forms.map(form => form.replace(/%[0-9A-F]{2}/g, digits => digits.toLowerCase()))]
}

function hexadecimal(value: string): string[] {
  const digits = Buffer.from(value).toString('hex')
  return [digits, digits.toUpperCase()]
}

/**
 * The characters of base64 that depend on the secret alone, when 0, 1 or 2 bytes (mod 3) stand before it:
 * a character holds 6 bits, so the first and last that mix with neighbours are left out.
 */
function base64Forms(secret: Buffer): string[] {
  const forms: string[] = []
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), secret])
      .toString('base64')
      .replace(/=+$/, '')
    const start = Math.ceil((before * 8) / 6)
    const end = Math.floor(((before + secret.length) * 8) / 6)
    const own = encoded.slice(start, end)
    if (own.length < MIN_BASE64) continue
    forms.push(own, own.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return forms
}
