import type { ModelInput } from '../../ports.ts'
import { singleFile } from '../../single-file.ts'
import { metadataEntry, parametersOf } from '../../tensors.ts'
import type { MetadataEntry, ModelFile, Signature } from '../../types.ts'
import { type ListedRun, listRun, untold } from '../listed.ts'
import { FIELDS, type LightgbmModel } from './model.ts'

/** `trees[3].threshold`. */
export function listLightgbm({ trees }: LightgbmModel): Map<string, ListedRun> {
  const listed = new Map<string, ListedRun>()
  trees.forEach(({ arrays }, i) => {
    for (const [key, run] of arrays) {
      const name = `trees[${i}].${key}`
      listed.set(name, listRun(name, run, FIELDS.get(key)?.learnt ?? false))
    }
  })
  return listed
}

export function describeLightgbm(
  input: ModelInput,
  model: LightgbmModel,
  listed: ReadonlyMap<string, ListedRun>,
): ModelFile {
  const notes: string[] = []
  const metadata = metadataOf(model, notes)
  const tensors = Array.from(listed.values(), ({ info }) => info)
  if (model.trees.length < model.treeCount) notes.push(untold(model.treeCount))
  const version = model.header.get('version')
  return {
    format: 'lightgbm',
    ...(version && { formatVersion: version.slice(0, 40) }),
    framework: 'LightGBM',
    what: [model.parameters.get('boosting') ?? 'gbdt', model.header.get('objective')]
      .filter(Boolean)
      .join(', '),
    ...singleFile(input),
    tensors,
    parameters: parametersOf(tensors),
    graph: {
      name: 'trees',
      kind: 'trees',
      nodes: model.trees.map(({ leaves, categorical, linear }, i) => ({
        name: `trees[${i}]`,
        op: 'Tree',
        inputs: ['features'],
        outputs: [`margin of tree ${i}`],
        attributes: { leaves, ...(categorical > 0 && { categorical }), ...(linear && { linear }) },
      })),
      subgraphs: [],
      operators: [{ name: 'Tree', count: model.treeCount }],
    },
    signature: signatureOf(model),
    metadata,
    ...(notes.length > 0 && { notes }),
  }
}

function signatureOf({ header }: LightgbmModel): Signature {
  const whole = (key: string) => {
    const value = Number(header.get(key) ?? Number.NaN)
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  }
  const last = whole('max_feature_idx')
  const outputs = whole('num_tree_per_iteration') ?? 1
  return {
    name: 'predict',
    inputs: [
      {
        name: 'features',
        kind: 'tensor',
        dtype: 'float64',
        shape: [null, last === undefined ? null : last + 1],
      },
    ],
    outputs: [
      { name: 'margin', kind: 'tensor', dtype: 'float64', shape: outputs > 1 ? [null, outputs] : [null] },
    ],
  }
}

function metadataOf(model: LightgbmModel, notes: string[]): MetadataEntry[] {
  const importances = model.importances.map(({ feature, value }) => [feature, value])
  return [
    ...Array.from(model.header, ([key, value]) => metadataEntry(key, value, notes)),
    ...Array.from(model.parameters, ([key, value]) => metadataEntry(`parameters.${key}`, value, notes)),
    ...(importances.length > 0
      ? [metadataEntry('feature_importances', JSON.stringify(importances), notes)]
      : []),
    ...(model.pandasCategorical ? [metadataEntry('pandas_categorical', model.pandasCategorical, notes)] : []),
  ]
}
