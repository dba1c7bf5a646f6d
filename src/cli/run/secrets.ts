import { readFile, stat } from 'node:fs/promises'
import { BallastError, systemCode } from '../../core/index.ts'
import type { Variables } from './jobs/environment.ts'
import { parseDotenv } from './jobs/keeping/dotenv.ts'
import type { Mask } from './jobs/log.ts'

const MAX_SECRETS_BYTES = 1024 * 1024

/** `NAME=value` lines of a file that is no part of the repository. Throws FILE_UNREADABLE. */
export async function readSecrets(file: string | undefined): Promise<Variables> {
  if (file === undefined) return {}
  try {
    if ((await stat(file)).size <= MAX_SECRETS_BYTES) return parseDotenv(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new BallastError('FILE_UNREADABLE', {
      message: systemCode(cause) === 'ENOENT' ? `There is no file ${file}` : `Could not read ${file}`,
      hint: 'Write a line NAME=value for each secret.',
      cause,
    })
  }
  throw new BallastError('FILE_UNREADABLE', {
    message: `${file} is larger than ${MAX_SECRETS_BYTES} bytes`,
    hint: 'Write a line NAME=value for each secret.',
  })
}

/** What hides these values in logs: the runner's own way, loaded only where there is something to hide. */
export async function maskOf(secrets: Variables): Promise<() => Mask | undefined> {
  const values = Object.values(secrets)
  if (values.length === 0) return () => undefined
  const { Masker, secretForms } = await import('../../runner/index.ts')
  const forms = secretForms(values)
  return () => new Masker(forms)
}
