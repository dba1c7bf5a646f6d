import type { ByteSource } from '../../core/index.ts'
import { type Estimator, loadReader } from '../../formats/index.ts'
import type { PickleNode } from '../../formats/pickle/index.ts'
import { failing } from '../errors.ts'

export interface Root {
  readonly estimator: Estimator
  /** Where in the file it was found, where that is not the file itself: `['model']`. */
  readonly place?: string
}

const noModel = failing(
  'CONVERT_INVALID',
  'Save the fitted estimator by itself: joblib.dump(model, "model.joblib").',
)

/**
 * The estimator of a pickle or joblib file, or the only one in a dictionary, list or tuple. Throws CONVERT_INVALID
 * where there is none, or more than one; and what the reader throws.
 */
export async function rootOf(source: ByteSource): Promise<Root> {
  const { runPickle } = await loadReader.pickle()
  const { readEstimator } = await loadReader.sklearn()
  const { root, fault } = await runPickle(source, { joblib: true })
  if (fault) throw fault
  if (!root) throw noModel(`${source.name} holds nothing`)
  const inner = partsOf(root)
  if (!inner) return { estimator: await readEstimator(root, source.name) }
  const found: Root[] = []
  for (const [place, node] of inner) {
    const estimator = await readEstimator(node, source.name).catch(() => undefined)
    if (estimator) found.push({ estimator, place })
  }
  const [only] = found
  if (only && found.length === 1) return only
  const places = found.slice(0, 5).map(({ estimator, place }) => `${estimator.className} at ${place}`)
  throw noModel(
    `${source.name} holds a ${root.kind} with ${found.length === 0 ? 'no estimator' : `${found.length} estimators: ${places.join(', ')}`}`,
    found.length > 1
      ? { hint: 'Put preprocessing and model into one Pipeline, and save that by itself with joblib.dump.' }
      : {},
  )
}

/** Parts of a container at the root that may be estimators, with where they are; undefined where the root is no container. */
function partsOf(root: PickleNode): readonly (readonly [string, PickleNode])[] | undefined {
  if (root.kind === 'list' || root.kind === 'tuple')
    return root.items.slice(0, MAX_PARTS).map((node, i) => [`[${i}]`, node])
  if (root.kind === 'dict')
    return root.entries
      .slice(0, MAX_PARTS)
      .map(([key, node], i) => [key.kind === 'text' ? `['${key.value.slice(0, 100)}']` : `{${i}}`, node])
  return undefined
}

/** Of a container around a model; such have some five. */
const MAX_PARTS = 1000
