import type { Hdf5Dataset, Hdf5Object } from '../../hdf5/index.ts'
import { tensorOf } from '../../hdf5/index.ts'
import type { TensorDtype, TensorInfo } from '../../types.ts'
import { roleOf } from './roles.ts'

/** Types that numpy lacks: Keras stores their bytes as opaque, and names them in an attribute. */
const NAMED_DTYPES: ReadonlyMap<string, { readonly dtype: TensorDtype; readonly bytes: number }> = new Map([
  ['bfloat16', { dtype: 'bfloat16', bytes: 2 }],
  ['float8_e4m3fn', { dtype: 'float8e4m3fn', bytes: 1 }],
  ['float8_e5m2', { dtype: 'float8e5m2', bytes: 1 }],
])

/** What Keras 3 says of weights beside their bytes; noted as a file is walked. */
export class VariableNotes {
  /** Layers by path, with the name that their config gives them where the file says so, else empty: `layers/dense` → `head`. */
  readonly names = new Map<string, string>()
  readonly #dtypes = new Map<string, TensorDtype>()

  async visit(object: Hdf5Object): Promise<void> {
    const { path } = object
    if (object.kind === 'group' && (path === 'vars' || path.endsWith('/vars')))
      this.names.set(path.slice(0, -'/vars'.length), (await textOf(object, 'name')) ?? '')
    if (object.kind === 'dataset' && object.info.element.dtype === 'opaque') {
      const named = NAMED_DTYPES.get((await textOf(object, 'dtype')) ?? '')
      if (named?.bytes === object.info.element.bytes) this.#dtypes.set(path, named.dtype)
    }
  }

  /** A dataset as a tensor, with its dtype and role. */
  tensorOf(dataset: Hdf5Dataset): TensorInfo {
    const { itemBytes, ...tensor } = tensorOf(dataset)
    const dtype = this.#dtypes.get(dataset.path)
    const role = roleOf(dataset.path)
    return {
      ...tensor,
      ...(dtype !== undefined ? { dtype } : itemBytes !== undefined && { itemBytes }),
      ...(role !== undefined && { role }),
    }
  }
}

async function textOf(object: Hdf5Object, attribute: string): Promise<string | undefined> {
  const found = (await object.attributes()).find(({ name }) => name === attribute)
  const value = found && (await found.value())
  return typeof value === 'string' ? value : undefined
}
