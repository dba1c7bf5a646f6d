import type { SecretVariable } from '../starting/given.ts'

/** Stands where a secret stood, as in logs. */
const MASKED = '[redacted]'
/** A shorter value occurs by chance. */
const MIN_SECRET_LENGTH = 4

/** A text for everybody who may see a pipeline, and for other forges: without the values of secrets. */
export function withoutSecrets(text: string, variables: readonly SecretVariable[]): string {
  return variables
    .flatMap(({ masked, value }) => (masked ? [value, value.trim()] : []))
    .filter(value => value.trim().length >= MIN_SECRET_LENGTH)
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, value) => shown.replaceAll(value, MASKED), text)
}
