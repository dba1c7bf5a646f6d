import type { Hdf5Object } from '../../hdf5/index.ts'

/**
 * Notes the layers of Keras 3's weights as a file is walked: by path, each with the name that its config gives it where
 * the file says so, else empty: `layers/dense` → `head`. Nothing of a legacy file.
 */
export async function noteLayer(object: Hdf5Object, names: Map<string, string>): Promise<void> {
  const { path } = object
  if (object.kind !== 'group' || (path !== 'vars' && !path.endsWith('/vars'))) return
  const attribute = (await object.attributes()).find(({ name }) => name === 'name')
  const value = attribute && (await attribute.value())
  names.set(path.slice(0, -'/vars'.length), typeof value === 'string' ? value : '')
}
