/**
 * A value shorter than this is not hidden: masking every `1` or `no` would destroy the log and tell the value
 * by its gaps. Secrets are made longer than this by the control plane.
 */
const MIN_SECRET_BYTES = 4
/** A multi-line secret (a key file) is printed line by line: its lines are hidden too, when they are telling. */
const MIN_LINE_BYTES = 8
/** Shorter pieces of base64 occur by chance. */
const MIN_BASE64 = 8

/**
 * The forms in which secrets reach a log: as they are, trimmed, line by line, quoted in JSON, percent-encoded,
 * and in base64 (both alphabets) at each of the three places where they may begin within a longer encoded text.
 */
export function secretForms(secrets: readonly string[]): readonly Buffer[] {
  const forms = new Set<string>()
  for (const secret of secrets) {
    for (const value of [secret, secret.trim()]) {
      if (Buffer.byteLength(value) < MIN_SECRET_BYTES) continue
      forms.add(value)
      forms.add(JSON.stringify(value).slice(1, -1))
      forms.add(percentEncoded(value))
      for (const form of base64Forms(Buffer.from(value))) forms.add(form)
    }
    for (const line of secret.split(/\r?\n/)) {
      if (Buffer.byteLength(line.trim()) >= MIN_LINE_BYTES) forms.add(line.trim())
    }
  }
  return [...forms].map(form => Buffer.from(form))
}

function percentEncoded(value: string): string {
  try {
    return encodeURIComponent(value)
  } catch {
    return value // A lone surrogate has no percent-encoded form.
  }
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
