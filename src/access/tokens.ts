import { createHash } from 'node:crypto'
import { randomText } from '../core/index.ts'

/** Of Crockford's base 32, 5 bits each: 160 bits. */
const RANDOM_CHARACTERS = 32
const CHECK_CHARACTERS = 6
const SECRET = /^blst_([0-9a-hjkmnp-tv-z]{32})([0-9a-hjkmnp-tv-z]{6})$/

/** What a scanner of secrets looks for; the check tells a real token from a look-alike. */
export const TOKEN_PATTERN = 'blst_[0-9a-hjkmnp-tv-z]{38}'

/**
 * A new token: `blst_`, 32 random characters, 6 of a check. `secret` is told once; the hash is what is kept.
 */
export function createToken(): { readonly secret: string; readonly hash: string } {
  const random = randomText(RANDOM_CHARACTERS)
  const secret = `blst_${random}${checkOf(random)}`
  return { secret, hash: hashToken(secret) }
}

/** SHA-256, in hex. No salt and no slow hash: there is nothing to guess in 160 random bits. */
export function hashToken(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether a text has the form of a token, its check included. It says nothing about whether it is valid. */
export function looksLikeToken(text: string): boolean {
  const [, random, check] = SECRET.exec(text) ?? []
  return random !== undefined && check === checkOf(random)
}

/** 30 bits of the hash of the random part: a mistyped token is told without asking the database. */
function checkOf(random: string): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
  const hash = createHash('sha256').update(`blst_${random}`).digest()
  return Array.from(hash.subarray(0, CHECK_CHARACTERS), byte => alphabet[byte & 31]).join('')
}
