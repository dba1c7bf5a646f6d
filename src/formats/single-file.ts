import type { ModelInput } from './ports.ts'
import type { ModelFile } from './types.ts'

/** What a description says of the file itself, where the model lies in one. */
export function singleFile({
  path,
  storedSize,
  wrapper,
}: ModelInput): Pick<ModelFile, 'name' | 'size' | 'files' | 'wrapper'> {
  return {
    name: path,
    size: storedSize,
    files: [{ path, size: storedSize }],
    ...(wrapper.length > 0 && { wrapper }),
  }
}
