import type { OnnxDtype } from '../../formats/index.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import { cast } from '../graph/cast.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { joined, rowsOf } from './columns.ts'
import type { Classes, ClassifierResult, EstimatorResult, FeaturesResult } from './estimator.ts'

/**
 * The outputs of the model:
 *
 *   transformer    `transformed` float32 [N, k]; int64, bool or string where all its columns are
 *   classifier     `label` int64 or string [N]; `probabilities` float32 [N, C], or `scores` where it has none
 *   several labels `label` [N, L]; `probabilities` float32 [N, L]
 *   several targets `label` [N, T]; `probabilities_0` … float32 [N, C]
 *   regressor      `variable` float32 [N, targets]
 *   clusterer      `label` int64 [N], `scores` float32
 */
export function outputsOf(emitter: Emitter, result: EstimatorResult): readonly (readonly [string, Value])[] {
  switch (result.kind) {
    case 'features':
      return transformed(emitter, result)
    case 'classifier':
      return [['label', labelsOf(emitter, result)], ...scoresOf(emitter, result)]
    case 'multilabel':
      return [['label', result.label], ...scoresOf(emitter, result)]
    case 'multioutput':
      return severalTargets(emitter, result.outputs)
    case 'regressor':
      return [['variable', cast(emitter, result.value, 'float32')]]
    case 'cluster':
      return [
        ['label', result.label],
        ...(result.scores ? [['scores', cast(emitter, result.scores, 'float32')] as const] : []),
      ]
  }
}

/** Names that outputs have: no node takes them. */
export const OUTPUT_NAMES = ['label', 'probabilities', 'scores', 'variable', 'transformed'] as const

/** A model's outputs keep their names; a column of the user's that has one of them makes it `label_1`. */
export function declareOutputs(
  graph: GraphBuilder,
  outputs: readonly (readonly [string, Value])[],
  taken: ReadonlySet<string>,
  note: (text: string) => void,
): void {
  for (const [wanted, value] of outputs) {
    let name = wanted
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
    if (name !== wanted) note(`the output '${wanted}' is called '${name}', as an input has its name`)
    graph.output(name, value)
  }
}

function transformed(emitter: Emitter, { columns }: FeaturesResult): readonly (readonly [string, Value])[] {
  if (columns.width === 0) return []
  const dtypes = new Set(columns.dtypes)
  const [only] = dtypes
  const kept: ReadonlySet<OnnxDtype | undefined> = new Set(['int64', 'string', 'bool'])
  if (only !== undefined && dtypes.size === 1 && kept.has(only))
    return [['transformed', joined(emitter, columns.blocks, only)]]
  if (!dtypes.has('string')) {
    // Rounded before they are joined: the fewest bytes are copied.
    const rounded = columns.blocks.map(block => cast(emitter, block, 'float32'))
    return [['transformed', joined(emitter, rounded, 'float32')]]
  }
  return columns.blocks.map((block, i) => [
    i === 0 ? 'transformed' : `transformed_${i}`,
    block.dtype === 'float64' ? cast(emitter, block, 'float32') : block,
  ])
}

/** Places in `classes` as the classes themselves. */
export function labelsOf(
  emitter: Emitter,
  { index, classes }: Pick<ClassifierResult, 'index' | 'classes'>,
): Value {
  if (isCounting(classes)) return index
  const labels = emitter.constant(classes.dtype, [classes.labels.length], classes.labels)
  const { shape } = index
  return emitter.op('Gather', [labels, index], { types: [{ dtype: classes.dtype, ...(shape && { shape }) }] })
}

/** 0, 1, 2 …: a class is its own place. */
function isCounting({ labels }: Classes): boolean {
  return labels.every((label, i) => label === BigInt(i))
}

function scoresOf(
  emitter: Emitter,
  { probabilities, decision }: Pick<ClassifierResult, 'probabilities' | 'decision'>,
): readonly (readonly [string, Value])[] {
  if (probabilities) return [['probabilities', cast(emitter, probabilities, 'float32')]]
  return decision ? [['scores', cast(emitter, decision, 'float32')]] : []
}

function severalTargets(
  emitter: Emitter,
  outputs: readonly ClassifierResult[],
): readonly (readonly [string, Value])[] {
  const labels = outputs.map(output => labelsOf(emitter, output))
  const same = labels.every(({ dtype }) => dtype === labels[0]?.dtype)
  const columns = labels.map(label =>
    emitter.op('Unsqueeze', [label, emitter.ints([1])], {
      types: [{ dtype: label.dtype, shape: [rowsOf(label), 1] }],
    }),
  )
  return [
    ...(same
      ? [['label', joined(emitter, columns, labels[0]?.dtype ?? 'int64')] as const]
      : labels.map((label, i) => [`label_${i}`, label] as const)),
    ...outputs.flatMap(({ probabilities }, i) =>
      probabilities ? [[`probabilities_${i}`, cast(emitter, probabilities, 'float32')] as const] : [],
    ),
  ]
}
