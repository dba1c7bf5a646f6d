import { FormatsError } from '../errors.ts'

/** Names that are shown of those that come near. */
const SHOWN = 5

/** TENSOR_MISSING, with the nearest names: those that end alike, then those that begin alike. */
export function tensorMissing(file: string, name: string, names: Iterable<string>): FormatsError {
  const last = name.split('/').at(-1) ?? name
  const near: string[] = []
  const rest: string[] = []
  for (const candidate of names) {
    if (candidate.endsWith(last) || candidate.includes(name)) near.push(candidate)
    else if (rest.length < SHOWN) rest.push(candidate)
    if (near.length >= SHOWN) break
  }
  const shown = [...near, ...rest].slice(0, SHOWN)
  return new FormatsError('TENSOR_MISSING', {
    message: `${file} has no tensor '${name}'`,
    hint: shown.length > 0 ? `It has ${shown.join(', ')} …` : 'It has no tensors.',
    details: { file, tensor: name },
  })
}
