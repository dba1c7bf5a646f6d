import type { ServedModel } from './codec.ts'

/** The name of the input that images go to; undefined for a model that takes none, or does not say which. */
export function imageInputOf({ preprocessor, signature, config }: ServedModel): string | undefined {
  if (!preprocessor.takesImages) return undefined
  return config.input ?? (signature.inputs.length === 1 ? signature.inputs[0]!.name : undefined)
}
