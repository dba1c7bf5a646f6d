import type { Contents } from '../../hdf5/index.ts'

/**
 * The layers of Keras 3's weights by path, each with the name that its config gives it where the file says so, else
 * empty: `layers/dense` → `head`. Empty for a legacy file.
 */
export async function layerNames({ groups }: Contents): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const group of groups) {
    if (group.path !== 'vars' && !group.path.endsWith('/vars')) continue
    const attribute = (await group.attributes()).find(({ name }) => name === 'name')
    const value = attribute && (await attribute.value())
    names.set(group.path.slice(0, -'/vars'.length), typeof value === 'string' ? value : '')
  }
  return names
}
