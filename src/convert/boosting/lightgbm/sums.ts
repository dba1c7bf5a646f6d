import type { LightgbmOpenModel, LightgbmTree } from '../../../formats/boosting/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { emitEnsemble } from '../../trees/emit.ts'
import { Ensemble } from '../../trees/ensemble.ts'
import { linearSums } from './linear.ts'
import type { LightgbmSettings } from './settings.ts'
import { treeOf } from './trees.ts'

/**
 * Sums of leaves, or their averages: float32 [N, groups] of float64 features [N, F]; of the first `rounds` rounds. They
 * are added up in float64, as LightGBM does.
 */
export async function sumsOf(
  emitter: Emitter,
  features: Value,
  opened: LightgbmOpenModel,
  settings: LightgbmSettings,
  rounds = Number.POSITIVE_INFINITY,
): Promise<Value> {
  const { groups, averages } = settings
  const used = Math.min(rounds * groups, opened.model.treeCount)
  // All trees of a model are linear, or none.
  if ((await firstTree(opened))?.linear) return linearSums(emitter, features, opened, settings, used)
  const ensemble = new Ensemble({
    name: emitter.source.name,
    features: settings.features,
    targets: groups,
    comparison: 'BRANCH_LEQ',
    dtype: 'float64',
  })
  const share = averages && used > 0 ? groups / used : 1
  for await (const tree of opened.readTrees()) {
    if (tree.index >= used) break
    const { tree: nodes, leaf } = treeOf(tree)
    ensemble.add(nodes, (node, put) => put(tree.group, tree.leafValue[leaf(node)]! * share))
  }
  return emitEnsemble(emitter, features, ensemble)
}

async function firstTree(opened: LightgbmOpenModel): Promise<LightgbmTree | undefined> {
  for await (const tree of opened.readTrees()) return tree
  return undefined
}
