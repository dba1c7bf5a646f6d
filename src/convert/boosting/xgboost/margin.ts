import type { XgboostOpenModel } from '../../../formats/boosting/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { emitEnsemble } from '../../trees/emit.ts'
import { Ensemble } from '../../trees/ensemble.ts'
import { invalid, type XgboostSettings } from './settings.ts'
import { leavesOf, treeOf } from './trees.ts'

/** Sums of leaves, and where they begin: float32 [N, groups] of float32 features [N, F]; of the first `rounds` rounds. */
export async function marginOf(
  emitter: Emitter,
  features: Value,
  opened: XgboostOpenModel,
  settings: XgboostSettings,
  rounds?: number,
): Promise<Value> {
  if (settings.booster === 'gblinear') return linearMargin(emitter, features, opened, settings)
  const ensemble = new Ensemble({
    name: emitter.source.name,
    features: settings.features,
    targets: settings.groups,
    comparison: 'BRANCH_LT',
    dtype: 'float32',
  })
  // XGBoost begins with them, and adds up float32.
  ensemble.addConstant(settings.base)
  const last = rounds === undefined ? Number.POSITIVE_INFINITY : await treesOfRounds(opened, settings, rounds)
  for await (const tree of opened.readTrees()) {
    if (tree.index >= last) break
    ensemble.add(treeOf(tree), leavesOf(tree))
  }
  return emitEnsemble(emitter, features, ensemble)
}

/** Trees of the first rounds: `iteration_indptr` says it since 2.0. */
async function treesOfRounds(
  opened: XgboostOpenModel,
  { groups }: XgboostSettings,
  rounds: number,
): Promise<number> {
  if (opened.model.arrays.has('iteration_indptr')) {
    const ends = new Int32Array(await bytesOf(opened, 'iteration_indptr'))
    return ends[Math.min(rounds, ends.length - 1)] ?? 0
  }
  const parallel = Number(opened.model.parameters.get('gbtree_model_param.num_parallel_tree') ?? 1)
  return rounds * groups * (Number.isSafeInteger(parallel) && parallel > 0 ? parallel : 1)
}

/** Σ weight · feature + bias; missing values add nothing. */
async function linearMargin(
  emitter: Emitter,
  features: Value,
  opened: XgboostOpenModel,
  { features: width, groups, base }: XgboostSettings,
): Promise<Value> {
  const weights = new Float32Array(await bytesOf(opened, 'weights'))
  if (weights.length !== (width + 1) * groups)
    throw invalid(
      `there are ${weights.length} weights of ${width} features and a bias, for ${groups} margins`,
    )
  const split = width * groups
  const kernel = new Uint8Array(weights.buffer, 0, 4 * split)
  const bias = Array.from(weights.subarray(split), (value, i) => value + base[i]!)
  const known = emitter.op('Where', [emitter.op('IsNaN', [features]), emitter.scalar('float32', 0), features])
  return emitter.op('Gemm', [
    known,
    emitter.weight(
      { dtype: 'float32', shape: [width, groups], data: kernel },
      `${emitter.source.name}/weights`,
    ),
    emitter.constant('float32', [groups], bias),
  ])
}

async function bytesOf(opened: XgboostOpenModel, name: string): Promise<ArrayBuffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of opened.readTensor(name)) pieces.push(Uint8Array.from(piece))
  return Uint8Array.from(Buffer.concat(pieces)).buffer
}
