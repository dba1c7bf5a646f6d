import type { Range, Wire } from '../../protobuf/wire.ts'
import { MAX_NAME_BYTES } from '../limits.ts'

/** What TensorFlow 1 keeps in a graph's collections, as far as a reader wants it. */
export interface Collections {
  /** Names of variables that training changes; undefined where the graph has no such collection. */
  trainable: Set<string> | undefined
  readonly variables: Set<string>
  /** Nodes that run when the model is loaded. */
  readonly initializers: string[]
  /** File names of assets, by the tensor that gets the path. */
  readonly assets: { readonly tensor: string; readonly file: string }[]
}

const INITIALIZERS = new Set(['saved_model_main_op', 'legacy_init_op'])

/** An entry of MetaGraphDef.collection_def: 1 key, 2 CollectionDef (1 node_list, 2 bytes_list, 5 any_list). */
export async function readCollection(wire: Wire, range: Range, found: Collections): Promise<void> {
  let key = ''
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) key = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a collection')
    if (field.number === 2)
      await wire.walk(field.range, async list => {
        if (list.kind !== 'bytes') return
        if (list.number === 1 && INITIALIZERS.has(key))
          await eachValue(wire, list.range, async value => {
            found.initializers.push(await wire.text(value, MAX_NAME_BYTES, 'the name of a node'))
          })
        if (list.number === 2 && (key === 'trainable_variables' || key === 'variables'))
          await readVariables(wire, list.range, key, found)
        if (list.number === 5 && key === 'saved_model_assets')
          await eachValue(wire, list.range, value => readAnyAsset(wire, value, found))
      })
  })
}

async function eachValue(wire: Wire, range: Range, visit: (value: Range) => Promise<void>): Promise<void> {
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1) await visit(field.range)
  })
}

/** VariableDefs: 1 variable_name, 4 save_slice_info_def (1 full_name) of a partition. */
async function readVariables(wire: Wire, range: Range, key: string, found: Collections): Promise<void> {
  if (key !== 'variables') found.trainable ??= new Set()
  const names = key === 'variables' ? found.variables : found.trainable!
  await eachValue(wire, range, async value => {
    await wire.walk(value, async field => {
      if (field.kind !== 'bytes') return
      if (field.number === 1) names.add(await variableName(wire, field.range))
      if (field.number === 4)
        await wire.walk(field.range, async part => {
          if (part.kind === 'bytes' && part.number === 1) names.add(await variableName(wire, part.range))
        })
    })
  })
}

async function variableName(wire: Wire, range: Range): Promise<string> {
  return (await wire.text(range, MAX_NAME_BYTES, 'the name of a variable')).replace(/:0$/, '')
}

/** An Any: 2 value, an AssetFileDef. */
async function readAnyAsset(wire: Wire, range: Range, found: Collections): Promise<void> {
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 2) found.assets.push(await readAsset(wire, field.range))
  })
}

/** An AssetFileDef: 1 tensor_info (1 name), 2 filename. */
export async function readAsset(wire: Wire, range: Range): Promise<{ tensor: string; file: string }> {
  let [tensor, file] = ['', '']
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 2) file = await wire.text(field.range, MAX_NAME_BYTES, 'the file of an asset')
    if (field.number === 1)
      await wire.walk(field.range, async part => {
        if (part.kind === 'bytes' && part.number === 1)
          tensor = await wire.text(part.range, MAX_NAME_BYTES, 'the tensor of an asset')
      })
  })
  return { tensor, file }
}
