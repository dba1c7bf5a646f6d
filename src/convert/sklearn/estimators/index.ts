import type { EstimatorConverter, EstimatorTable, RefusedEstimator } from '../estimator.ts'
import { bayes } from './bayes/index.ts'
import { cluster } from './cluster/index.ts'
import { decomposition } from './decomposition/index.ts'
import { encoding } from './encoding/index.ts'
import { expanding } from './expanding/index.ts'
import { imputing } from './imputing/index.ts'
import { linear } from './linear/index.ts'
import { meta } from './meta/index.ts'
import { neighbors } from './neighbors/index.ts'
import { neural } from './neural/index.ts'
import { pipelines } from './pipelines/index.ts'
import { scaling } from './scaling/index.ts'
import { selecting } from './selecting/index.ts'
import { svm } from './svm/index.ts'
import { text } from './text/index.ts'
import { trees } from './trees/index.ts'

/** Families of estimators, in the order of their coverage. */
export const FAMILIES: readonly (readonly [title: string, table: EstimatorTable])[] = [
  ['pipelines', pipelines],
  ['scaling', scaling],
  ['encoding', encoding],
  ['imputing', imputing],
  ['expanding', expanding],
  ['selecting', selecting],
  ['text', text],
  ['linear models', linear],
  ['trees and ensembles', trees],
  ['support vector machines', svm],
  ['neighbours', neighbors],
  ['naive Bayes', bayes],
  ['neural networks', neural],
  ['clusters', cluster],
  ['decomposition', decomposition],
  ['estimators around others', meta],
]

/** Packages whose estimators are looked up: scikit-learn's own, and the boosting libraries' wrappers. */
const PACKAGES: ReadonlySet<string> = new Set(['sklearn', 'xgboost', 'lightgbm'])

/** Undefined for a class that is unknown here, also where it has the name of a known one in a package of its own. */
export function converterOfClass(
  module: string,
  className: string,
): EstimatorConverter | RefusedEstimator | undefined {
  if (!PACKAGES.has(module.split('.')[0] ?? '')) return undefined
  for (const [, table] of FAMILIES) if (Object.hasOwn(table, className)) return table[className]
  return undefined
}
