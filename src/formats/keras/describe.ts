import type { Place } from '../errors.ts'
import { metadataEntry } from '../tensors.ts'
import type { MetadataEntry, ModelFile } from '../types.ts'
import { type Json, type JsonObject, member, textMember } from './config/json.ts'
import { readModel } from './config/model.ts'
import { graphOf } from './graph.ts'
import { signatureOf } from './signature.ts'
import type { WeightPaths } from './weights/paths.ts'

type Described = Pick<ModelFile, 'what' | 'graph' | 'signature'> & { readonly notes: readonly string[] }

/** What a model's config says: its class, its layers as a graph, its inputs and outputs. */
export function describeConfig(config: Json, place: Place, weights: WeightPaths): Described {
  const model = readModel(config)
  if (!model) {
    const name =
      typeof config === 'object' && config !== null && !Array.isArray(config)
        ? textMember(config as JsonObject, 'class_name')
        : undefined
    return {
      ...(name !== undefined && { what: name }),
      notes: ['a subclassed model has its layers in Python code, not in the file'],
    }
  }
  const signature = signatureOf(model)
  return {
    what: `${model.className} '${model.name}'`,
    graph: graphOf(model, place, weights),
    ...(signature && { signature }),
    notes: [],
  }
}

/** What compiling set: optimiser, loss and metrics, as JSON. */
export function compileEntries(config: JsonObject | undefined, notes: string[]): MetadataEntry[] {
  if (!config) return []
  return ['optimizer', 'optimizer_config', 'loss', 'metrics'].flatMap(key => {
    const value = member(config, key)
    if (value === undefined || value === null) return []
    const name = key === 'optimizer_config' ? 'optimizer' : key
    return [metadataEntry(name, typeof value === 'string' ? value : JSON.stringify(value), notes)]
  })
}
