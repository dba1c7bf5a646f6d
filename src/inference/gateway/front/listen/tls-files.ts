import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { messageOf } from '../../../../core/index.ts'
import { InferenceError } from '../../../errors.ts'
import type { KeyPair } from './door.ts'

export interface TlsFiles {
  /** PEM: the certificate, and those between it and a root that clients know. */
  readonly certPath: string
  /** PEM, not encrypted. */
  readonly keyPath: string
}

/** How soon renewed files are taken. Folders of secrets are swapped by links, which no watch of files tells. */
const LOOK_MS = 2000
/** A chain of some certificates has some kilobytes. */
const MAX_PEM_BYTES = 2 ** 20

export interface FollowedPair {
  /** As it was at first. */
  readonly pair: KeyPair
  /** Looks now. */
  look(): Promise<void>
  close(): void
}

/** Reads a certificate and its key. Throws TLS_INVALID. */
export async function readKeyPair({ certPath, keyPath }: TlsFiles): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readPem(certPath), readPem(keyPath)])
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new Error('the key is not of this certificate')
    }
  } catch (cause) {
    throw invalid(`${certPath} and ${keyPath} are no pair: ${messageOf(cause)}`, cause)
  }
  return { cert, key }
}

/**
 * Reads the files and follows them: a new pair is for the connections that come from then on. Where the files are no
 * pair (also between the two writes of a renewal), the last one stays, and `problem` is told once for each state of
 * them. Throws TLS_INVALID where they are none at first.
 */
export async function followKeyPair(
  files: TlsFiles,
  on: { readonly renewed: (pair: KeyPair) => void; readonly problem: (reason: string) => void },
): Promise<FollowedPair> {
  let known = await stateOf(files)
  const pair = await readKeyPair(files)
  const look = async (): Promise<void> => {
    const state = await stateOf(files)
    if (state === known) return
    known = state
    try {
      on.renewed(await readKeyPair(files))
    } catch (error) {
      on.problem(messageOf(error))
    }
  }
  let looking: Promise<void> | undefined
  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  const timer = setInterval(() => void lookOnce(), LOOK_MS).unref()
  return { pair, look: lookOnce, close: () => clearInterval(timer) }
}

/** Another text when one of the files is another or was written. */
async function stateOf({ certPath, keyPath }: TlsFiles): Promise<string> {
  const states = await Promise.all(
    [certPath, keyPath].map(async path => {
      try {
        const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
        return [ino, size, mtimeNs, ctimeNs].join()
      } catch (error) {
        return messageOf(error)
      }
    }),
  )
  return states.join(';')
}

async function readPem(path: string): Promise<Buffer> {
  try {
    const bytes = await readFile(path)
    if (bytes.length <= MAX_PEM_BYTES) return bytes
    throw new Error(`it has ${bytes.length} bytes`)
  } catch (cause) {
    throw invalid(`${path} can't be read: ${messageOf(cause)}`, cause)
  }
}

function invalid(message: string, cause: unknown): InferenceError {
  return new InferenceError('TLS_INVALID', {
    message,
    hint: 'Give a certificate and its unencrypted key in PEM: --tls-cert and --tls-key.',
    cause,
  })
}
