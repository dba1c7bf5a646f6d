import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { link, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomText, replaceFile, syncFolder, systemCode } from '../../core/index.ts'
import { ServerError } from '../errors.ts'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
/** 96 random bits: good for 2³² values under one key (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^v1\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/

/**
 * Seals the secrets of projects with a key that lies beside the database, not in it:
 *
 *   v1.<nonce>.<ciphertext and tag>    base64url, AES-256-GCM
 *
 * Its place (a project or group) and name are authenticated with it, so sealed text can't be moved elsewhere.
 */
export class Vault {
  readonly #file: string

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'secrets', 'vault.key')
  }

  /** Makes the key when there is none yet. */
  async seal(place: string, name: string, value: string): Promise<string> {
    const key = (await this.#key()) ?? (await this.#makeKey())
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(placeOf(place, name))
    const bytes = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `v1.${nonce.toString('base64url')}.${bytes.toString('base64url')}`
  }

  /** Throws VAULT_SEALED when it was sealed by another key, for another place, or changed since. */
  async unseal(place: string, name: string, sealed: string): Promise<string> {
    const key = await this.#key()
    if (!key) throw stays(`Secret ${name} can't be opened: ${this.#file} is missing`)
    const changed = `Secret ${name} can't be opened: its text was changed, or sealed with another key or for another place`
    const [, nonce = '', text = ''] = SEALED.exec(sealed) ?? []
    const bytes = Buffer.from(text, 'base64url')
    // Decoding overlooks bits that encode nothing.
    if (text === '' || bytes.toString('base64url') !== text) throw stays(changed)
    const end = bytes.length - TAG_BYTES
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(placeOf(place, name))
    decipher.setAuthTag(bytes.subarray(end))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]).toString('utf8')
    } catch (cause) {
      throw stays(changed, cause)
    }
  }

  /** A digest of a text that may hold secrets: nobody who has not the key can try texts against it. */
  async fingerprint(text: string): Promise<string> {
    const key = (await this.#key()) ?? (await this.#makeKey())
    const own = Buffer.from(hkdfSync('sha256', key, '', 'fingerprint', KEY_BYTES))
    return createHmac('sha256', own).update(text).digest('hex')
  }

  async #key(): Promise<Buffer | undefined> {
    let key: Buffer
    try {
      key = await readFile(this.#file)
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw cause
    }
    if (key.length === KEY_BYTES) return key
    throw stays(`${this.#file} holds ${key.length} bytes, and a key has ${KEY_BYTES}`)
  }

  /** A link is made once, of a whole file: of two that try together both get the one that was first. */
  async #makeKey(): Promise<Buffer> {
    const folder = dirname(this.#file)
    const temporary = join(folder, `.${randomText(12)}.key`)
    await replaceFile(temporary, randomBytes(KEY_BYTES))
    try {
      await link(temporary, this.#file)
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw cause
    } finally {
      await unlink(temporary)
    }
    await syncFolder(folder)
    const key = await this.#key()
    if (!key) throw stays(`${this.#file} vanished as it was made`)
    return key
  }
}

function placeOf(place: string, name: string): Buffer {
  return Buffer.from(`${place}/${name}`)
}

function stays(message: string, cause?: unknown): ServerError {
  return new ServerError('VAULT_SEALED', {
    message,
    hint: 'Set the secret again with `ballast secret set`, or restore the data folder as a whole.',
    ...(cause !== undefined && { cause }),
  })
}
