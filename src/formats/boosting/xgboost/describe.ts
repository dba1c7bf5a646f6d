import type { ModelInput } from '../../ports.ts'
import { singleFile } from '../../single-file.ts'
import { metadataEntry, parametersOf } from '../../tensors.ts'
import type { GraphNode, MetadataEntry, ModelFile, ModelFormat, Signature } from '../../types.ts'
import { type ListedRun, listRun, untold } from '../listed.ts'
import { MODEL_FIELDS, TREE_FIELDS } from './fields.ts'
import type { XgboostModel } from './model.ts'

/** `trees[3].split_conditions`; arrays outside of trees by their names. */
export function listXgboost(model: XgboostModel): Map<string, ListedRun> {
  const listed = new Map<string, ListedRun>()
  const add = (name: string, item: ListedRun['run'], learnt: boolean) =>
    listed.set(name, listRun(name, item, learnt))
  for (const [name, run] of model.arrays) add(name, run, MODEL_FIELDS.get(name)?.learnt ?? false)
  model.trees.forEach(({ arrays }, i) => {
    for (const [name, run] of arrays) add(`trees[${i}].${name}`, run, TREE_FIELDS.get(name)?.learnt ?? false)
  })
  return listed
}

export function describeXgboost(
  input: ModelInput,
  format: ModelFormat,
  model: XgboostModel,
  listed: ReadonlyMap<string, ListedRun>,
): ModelFile {
  const notes: string[] = []
  const metadata = metadataOf(model, notes)
  const tensors = Array.from(listed.values(), ({ info }) => info)
  if (model.trees.length < model.treeCount) notes.push(untold(model.treeCount))
  const version = model.version.join('.')
  return {
    format,
    ...(version && { formatVersion: `v${version}`, producer: `XGBoost ${version}` }),
    framework: 'XGBoost',
    what: [model.booster, model.objective].filter(Boolean).join(', '),
    ...singleFile(input),
    tensors,
    parameters: parametersOf(tensors),
    graph: {
      name: model.booster,
      kind: model.booster === 'gblinear' ? 'layers' : 'trees',
      nodes: nodesOf(model),
      subgraphs: [],
      operators:
        model.booster === 'gblinear'
          ? [{ name: 'Linear', count: 1 }]
          : [{ name: 'Tree', count: model.treeCount }],
    },
    signature: signatureOf(model),
    metadata,
    ...(notes.length > 0 && { notes }),
  }
}

function nodesOf({ booster, trees }: XgboostModel): GraphNode[] {
  if (booster === 'gblinear')
    return [{ name: 'weights', op: 'Linear', inputs: ['features'], outputs: ['margin'] }]
  return trees.map(({ nodes, leafSize }, i) => ({
    name: `trees[${i}]`,
    op: 'Tree',
    inputs: ['features'],
    outputs: [`margin of tree ${i}`],
    attributes: { nodes, ...(leafSize > 1 && { leaf_values: leafSize }) },
  }))
}

function signatureOf({ parameters, featureNames }: XgboostModel): Signature {
  const number = (name: string) => {
    const value = Number(parameters.get(`learner_model_param.${name}`) ?? Number.NaN)
    return Number.isSafeInteger(value) && value > 0 ? value : undefined
  }
  const outputs = Math.max(number('num_class') ?? 1, number('num_target') ?? 1)
  const features = number('num_feature') ?? (featureNames.length > 0 ? featureNames.length : null)
  return {
    name: 'predict',
    inputs: [{ name: 'features', kind: 'tensor', dtype: 'float32', shape: [null, features] }],
    outputs: [
      { name: 'margin', kind: 'tensor', dtype: 'float32', shape: outputs > 1 ? [null, outputs] : [null] },
    ],
  }
}

function metadataOf(
  { parameters, featureNames, featureTypes }: XgboostModel,
  notes: string[],
): MetadataEntry[] {
  const lists = [
    ['feature_names', featureNames],
    ['feature_types', featureTypes],
  ] as const
  return [
    ...Array.from(parameters, ([key, value]) => metadataEntry(key, value, notes)),
    ...lists.flatMap(([key, list]) =>
      list.length > 0 ? [metadataEntry(key, JSON.stringify(list), notes)] : [],
    ),
  ]
}
